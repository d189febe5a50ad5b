"""JSON, YAML and CSV."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

from guard.terraform.functions.registry import standard
from guard.terraform.functions.yaml import from_yaml
from guard.terraform.numbers import NotANumber, Number, parse_number, show_number
from guard.terraform.values import Fault, Obj, Seq, Unk, Value, first_unknown, in_order, object_of, tuple_of

MAX_DEPTH = 200


class Disorder(Fault):
    """A set whose elements have no order that follows from their values."""

    def __init__(self) -> None:
        super().__init__("the order of a set of collections depends on Terraform's hashes")


_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\x7f"}
_TABLE = str.maketrans(_ESCAPES)


def json_text(value: Value) -> str:
    """A value as compact JSON, keys in order, escaped as Go's encoder does."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            text = json.dumps(value, ensure_ascii=False).translate(_TABLE)
            return text.replace("\\b", "\\b").replace("\\f", "\\f")
        case int() | Fraction():
            return show_number(value)
        case Seq(kind="set", items=items) if len(items) > 1 and not all(
            isinstance(item, str | Fraction | int) for item in items
        ):
            raise Disorder
        case Seq(items=items):
            return "[" + ",".join(map(json_text, items)) + "]"
        case Obj():
            return "{" + ",".join(f"{json_text(name)}:{json_text(item)}" for name, item in in_order(value)) + "}"
        case Unk():
            raise Fault(value.reason, value.where)


@standard("jsonencode", "any?~", gives="string", present=True)
def json_encode(value: Value) -> Value:
    """A value as JSON."""
    found = first_unknown(value)
    if found is not None:
        return Unk(found.reason, found.where, "string", True, found.remedy)
    try:
        return json_text(value)
    except Disorder:
        return Unk("the order of a set of collections depends on Terraform's hashes", type="string", present=True)


@standard("jsondecode", "string")
def json_decode(text: str) -> Value:
    """A value from JSON."""
    if _depth(text) > MAX_DEPTH:
        raise Fault("the JSON text nests too deeply")
    try:
        return _from_python(
            json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse)
        )  # fmt: skip
    except (ValueError, RecursionError) as fault:
        raise Fault(f"the text is not JSON: {fault}") from None


def _depth(text: str) -> int:
    deep = most = 0
    for sign in text:
        if sign in "[{":
            deep += 1
            most = max(most, deep)
        elif sign in "]}":
            deep -= 1
    return most


def _number(text: str) -> Number:
    try:
        return parse_number(text)
    except NotANumber as fault:
        raise ValueError(str(fault)) from None


def _refuse(text: str) -> Value:
    raise ValueError(f"{text} is not JSON")


def _from_python(data: object) -> Value:
    if isinstance(data, dict):
        return object_of({str(name): _from_python(item) for name, item in data.items()})
    if isinstance(data, list):
        return tuple_of([_from_python(item) for item in data])
    assert data is None or isinstance(data, str | bool | int | Fraction)
    return data


@standard("yamldecode", "string")
def yaml_decode(text: str) -> Value:
    """A value from YAML."""
    return from_yaml(text)


@standard("yamlencode", "any?", gives="string", present=True)
def yaml_encode(value: Value) -> Value:
    """A value as YAML in Terraform's style."""
    if _has_lines(value):
        return Unk("yamlencode() of text with several lines is not reproduced", type="string", present=True)
    if isinstance(value, Seq | Obj):
        return _yaml(value, 0).lstrip("\n") + ("" if value.items else "\n")
    return _yaml(value, 0) + ("\n" if isinstance(value, str) else "\n...\n")


def _has_lines(value: Value) -> bool:
    if isinstance(value, Seq):
        return any(map(_has_lines, value.items))
    if isinstance(value, Obj):
        return any(_has_lines(item) or _has_lines(name) for name, item in value.items.items())
    return isinstance(value, str) and any(sign in value for sign in "\n\r\x85\u2028\u2029")


def _yaml(value: Value, depth: int) -> str:
    blanks = "  " * depth
    if isinstance(value, Seq) and value.items:
        return "".join(f"{blanks}- {_yaml(item, depth + 1).lstrip()}{_end(item)}" for item in value.items)
    if isinstance(value, Obj) and value.items:
        out: list[str] = []
        for name, item in in_order(value):
            nested = isinstance(item, Seq | Obj) and bool(item.items)
            inner = "\n" + _yaml(item, depth + (0 if isinstance(item, Seq) else 1)) if nested else " " + _yaml(item, 0)
            out.append(f"{blanks}{json_text(name)}:{inner}{_end(item)}")
        return "".join(out)
    return json_text(value)


def _end(item: Value) -> str:
    return "" if isinstance(item, Seq | Obj) and item.items else "\n"


@standard("csvdecode", "string", gives="any", present=True)
def csv_decode(text: str) -> Value:
    """A list of objects from CSV with a header line."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as fault:
        raise Fault(f"the text is not CSV: {fault}") from None
    if not rows:
        raise Fault("the text is not CSV: no header line")
    header = rows[0]
    if len(set(header)) != len(header):
        raise Fault("two columns have one name")
    if any(len(row) != len(header) for row in rows):
        raise Fault("a line of the CSV text has another number of fields")
    made = tuple(object_of(dict(zip(header, row, strict=True))) for row in rows[1:])
    element = ("object", tuple((name, "string") for name in sorted(header)))
    return Seq("list", made, element)
