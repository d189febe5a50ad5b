"""``yamldecode`` as Terraform does it: its own rules for plain scalars, the last of equal keys, bounded aliases.

Source: Terraform language documentation, "yamldecode Function"; ``github.com/zclconf/go-cty-yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from guard.terraform.numbers import NotANumber, parse_number
from guard.terraform.values import Fault, Unk, Value, object_of, tuple_of

MAX_NODES = 200_000
MAX_DEPTH = 150
_DECIMAL = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:\Z|[Tt \t])")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_WORDS = {
    word: word.lower() in {"y", "yes", "on", "true"}
    for name in ("y", "yes", "on", "true", "n", "no", "off", "false")
    for word in (name, name.capitalize(), name.upper())
}
_STANDARD = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value")
)


def from_yaml(text: str) -> Value:
    """The one document of a YAML text; raises :class:`Fault`."""
    import yaml  # noqa: PLC0415 - seldom needed, and slow to import

    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise Fault("the YAML text is empty")
        return _Reader(loader.resolve).value(node, 0)
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

    def __init__(self, implicit: Callable[[type, str, tuple[bool, bool]], str]) -> None:
        self.nodes = 0
        self.implicit = implicit

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
        text, tag = str(node.value), str(node.tag)
        if tag not in _STANDARD:
            return Unk(f"the YAML tag {tag[:60]} is not read")
        if node.style:
            return text
        if tag != self.implicit(type(node), text, (True, False)):
            return text if tag.endswith(":str") else Unk(f"the YAML tag {tag[:60]} is not read")
        found = _special(text)
        return text if found is None else found.value


class _Special:
    """A plain scalar that is not a string."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


def _special(text: str) -> _Special | None:
    if text in _NULLS:
        return _Special(None)
    if text in _WORDS:
        return _Special(_WORDS[text])
    if _ENDLESS.match(text):
        return _Special(Unk("YAML's infinity and not-a-number are not numbers here"))
    if _TIMESTAMP.match(text):
        return _Special(Unk(f"the YAML time stamp {text[:40]!r} is not read"))
    try:
        if _BASED.match(text):
            return _Special(int(text, 0))
        if _DECIMAL.match(text) or _FLOAT.match(text):
            return _Special(parse_number(text))
    except NotANumber:
        return _Special(Unk(f"the YAML number {text[:40]!r} is not read"))
    return None


def _key(name: Value) -> str:
    from guard.terraform.convert import to_string  # noqa: PLC0415 - avoids a circle

    found = to_string(name)
    if not isinstance(found, str):
        raise Fault("a key of the YAML text is null or unknown")
    return found
