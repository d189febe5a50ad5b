"""``yamldecode`` as Terraform does it: YAML 1.2 core scalars, no duplicate keys, bounded aliases.

Source: Terraform language documentation, "yamldecode Function"; ``github.com/zclconf/go-cty-yaml``.
"""

from __future__ import annotations

import re
from typing import Any

from guard.terraform.numbers import NotANumber, parse_number
from guard.terraform.values import Fault, Unk, Value, object_of, tuple_of

MAX_NODES = 200_000
MAX_DEPTH = 150
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NULLS = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"}
_FALSE = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"}


def from_yaml(text: str) -> Value:
    """The one document of a YAML text; raises :class:`Fault`."""
    import yaml  # noqa: PLC0415 - seldom needed, and slow to import

    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Reader().value(node, 0)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark is not None else ""
        raise Fault(f"the text is not YAML{place}") from None
    except RecursionError:
        raise Fault("the YAML text nests too deeply") from None
    finally:
        loader.dispose()


class _Reader:
    """Walks a composed document; aliases count each time, which stops exponential ones."""

    def __init__(self) -> None:
        self.nodes = 0

    def value(self, node: Any, depth: int) -> Value:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Fault("the YAML text is too large once its aliases are expanded, or nests too deeply")
        kind = node.id
        if kind == "scalar":
            return self.scalar(node)
        if kind == "sequence":
            return tuple_of([self.value(item, depth + 1) for item in node.value])
        found: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, item in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                self.merge(item, merged, depth)
                continue
            name = self.value(key, depth + 1)
            if not isinstance(name, str):
                name = _key(name)
            if name in found:
                raise Fault(f"the key {name[:60]!r} occurs twice in the YAML text")
            found[name] = self.value(item, depth + 1)
        return object_of({**merged, **found})

    def merge(self, node: Any, into: dict[str, Value], depth: int) -> None:
        for one in node.value if node.id == "sequence" else [node]:
            if one.id != "mapping":
                raise Fault("a YAML merge needs a mapping")
            value = self.value(one, depth + 1)
            for name, item in getattr(value, "items", {}).items():
                into.setdefault(name, item)

    def scalar(self, node: Any) -> Value:
        text = str(node.value)
        tag = str(node.tag)
        if tag == "tag:yaml.org,2002:str" and (node.style or not _is_plain_special(text)):
            return text
        if node.style:
            return text if tag.endswith((":str", "!")) else Unk(f"the YAML tag {tag[:60]} is not read")
        if text in _NULLS:
            return None
        if text in _TRUE:
            return text in {"true", "True", "TRUE"} or Unk(f"whether the YAML word {text} is a string or a bool")
        if text in _FALSE:
            return (
                Unk(f"whether the YAML word {text} is a string or a bool")
                if text not in {"false", "False", "FALSE"}
                else False
            )
        return _number_or_text(text, tag)


def _is_plain_special(text: str) -> bool:
    return text in _NULLS or text in _TRUE or text in _FALSE or bool(_INTEGER.match(text) or _FLOAT.match(text))


def _number_or_text(text: str, tag: str) -> Value:
    try:
        if _INTEGER.match(text):
            digits = text.replace("_", "")
            sign = -1 if digits.startswith("-") else 1
            body = digits.lstrip("+-")
            if body.startswith("0") and len(body) > 1:
                bases = {"x": 16, "b": 2, "o": 8}
                base = bases.get(body[1], 8)
                return sign * int(body[2:] if body[1] in bases else body, base)
            return parse_number(digits)
        if _FLOAT.match(text):
            return parse_number(text)
    except (ValueError, NotANumber):
        return Unk(f"the YAML number {text[:40]!r} is not read")
    if tag not in {
        "tag:yaml.org,2002:str",
        "tag:yaml.org,2002:timestamp",
        "tag:yaml.org,2002:float",
        "tag:yaml.org,2002:int",
    }:
        return Unk(f"the YAML tag {tag[:60]} is not read")
    return text if tag.endswith(":str") else Unk(f"the YAML value {text[:40]!r} is not read")


def _key(name: Value) -> str:
    from guard.terraform.convert import to_string  # noqa: PLC0415 - avoids a circle

    found = to_string(name)
    if not isinstance(found, str):
        raise Fault("a key of the YAML text is null or unknown")
    return found
