"""JSON configuration (``.tf.json``, ``.tfvars.json``) as our nodes, with the line of every value.

A string is a template; :func:`top_level` turns the nested objects of a document into blocks as
the JSON configuration syntax says (Terraform language documentation, "JSON Configuration Syntax").
"""

from __future__ import annotations

import json
import re

from guard.terraform.numbers import NotANumber, parse_number
from guard.terraform.prepass import MAX_NESTING, RawTemplate, SyntaxFault
from guard.terraform.syntax import Block, Body, Expression, Literal, ObjectCons, TupleCons, json_body

_TOKEN = re.compile(
    r"""[ \t\r]*(?:(?P<newline>\n)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
       |(?P<word>true|false|null)|(?P<sign>[{}\[\],:])|(?P<end>\Z))""",
    re.VERBOSE,
)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LABELS = {
    "resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1,
    "locals": 0, "terraform": 0, "moved": 0, "import": 0, "removed": 0, "check": 1,
}  # fmt: skip


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1

    def next(self) -> tuple[str, str]:
        while True:
            match = _TOKEN.match(self.text, self.at)
            if match is None:
                raise SyntaxFault(self.line, "the file is not JSON")
            self.at = match.end()
            if not match["newline"]:
                return str(match.lastgroup), match.group(str(match.lastgroup))
            self.line += 1


def body_of(data: bytes) -> Body:
    """The document's top object as a body of attributes; raises :class:`SyntaxFault`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SyntaxFault(1, "the file is not UTF-8 text") from None
    tokens = _Tokens(text)
    kind, found = tokens.next()
    value = _value(tokens, kind, found, 0)
    if tokens.next()[0] != "end" or not isinstance(value, ObjectCons):
        raise SyntaxFault(tokens.line, "the file is not one JSON object")
    return json_body(value)


def _value(tokens: _Tokens, kind: str, found: str, depth: int) -> Expression:
    line = tokens.line
    if depth > MAX_NESTING:
        raise SyntaxFault(line, f"brackets nest deeper than {MAX_NESTING}")
    if kind == "string":
        return _string(found, line)
    if kind == "number":
        try:
            return Literal(line, parse_number(found))
        except NotANumber as fault:
            raise SyntaxFault(line, str(fault)) from None
    if kind == "word":
        return Literal(line, _WORDS[found])
    if found == "{":
        return _object(tokens, line, depth)
    if found == "[":
        return _array(tokens, line, depth)
    raise SyntaxFault(line, "the file is not JSON")


def _string(found: str, line: int) -> Expression:
    """Marks a string that is a template; it is read when the string stands where an expression is expected."""
    try:
        return Literal(line, str(json.loads(found)))
    except ValueError:
        raise SyntaxFault(line, "a JSON string is broken") from None


def _array(tokens: _Tokens, line: int, depth: int) -> Expression:
    items: list[Expression] = []
    kind, found = tokens.next()
    while found != "]" or kind != "sign":
        items.append(_value(tokens, kind, found, depth + 1))
        kind, found = tokens.next()
        if (kind, found) == ("sign", ","):
            kind, found = tokens.next()
        elif (kind, found) != ("sign", "]"):
            raise SyntaxFault(tokens.line, "a comma or ] is missing")
    return TupleCons(line, tuple(items))


def _object(tokens: _Tokens, line: int, depth: int) -> Expression:
    keys: list[Expression] = []
    values: list[Expression] = []
    kind, found = tokens.next()
    while found != "}" or kind != "sign":
        if kind != "string" or tokens.next() != ("sign", ":"):
            raise SyntaxFault(tokens.line, "a property needs a name and a colon")
        keys.append(_string(found, tokens.line))
        kind, found = tokens.next()
        values.append(_value(tokens, kind, found, depth + 1))
        kind, found = tokens.next()
        if (kind, found) == ("sign", ","):
            kind, found = tokens.next()
        elif (kind, found) != ("sign", "}"):
            raise SyntaxFault(tokens.line, "a comma or } is missing")
    return ObjectCons(line, tuple(keys), tuple(values))


def top_level(body: Body) -> tuple[Block, ...]:
    """The blocks of a configuration document: ``{"resource": {"aws_x": {"y": {...}}}}`` and its like."""
    found: list[Block] = []
    for attribute in body.attributes:
        labels = _LABELS.get(attribute.name)
        if labels is not None:
            _collect(attribute.name, labels, (), attribute.value, found)
    return tuple(found)


def _collect(kind: str, missing: int, labels: tuple[str, ...], value: Expression, found: list[Block]) -> None:
    if isinstance(value, TupleCons):
        for item in value.items:
            _collect(kind, missing, labels, item, found)
    elif isinstance(value, ObjectCons):
        if not missing:
            found.append(Block(value.line, kind, labels, json_body(value)))
            return
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, Literal) and isinstance(key.value, str) and key.value != "//":
                _collect(kind, missing - 1, (*labels, key.value), item, found)


def template_of(text: str, line: int) -> RawTemplate | None:
    """The template a JSON string is, or None for a plain one."""
    return RawTemplate(line, text, heredoc=True) if "${" in text or "%{" in text else None
