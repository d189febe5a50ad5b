"""What kind of class each ``class`` statement makes, followed through imports to its first foreign base.

A pydantic model costs ten plain classes and an enum member its own object; which is which shows only at the end
of a chain of bases, often in another distribution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from guard.footprint.source import ClassFacts, ModuleFacts

Kind: TypeAlias = Literal["plain", "pydantic", "dataclass", "attrs", "namedtuple", "typeddict", "enum", "proto", "abc"]

_MAX_CHAIN: Final = 12
_ENDINGS: Final[Mapping[str, Kind]] = {
    "TypedDict": "typeddict",
    "NamedTuple": "namedtuple",
    "Protocol": "abc",
    "Generic": "abc",
    "ABC": "abc",
    "ABCMeta": "abc",
}


class Modules(Protocol):
    """Where facts of modules come from (:class:`guard.footprint.world.Installed`)."""

    def facts(self, name: str) -> ModuleFacts | None:
        """Facts of a Python module."""
        ...

    def has(self, name: str) -> bool:
        """Whether a module exists."""
        ...


def kind_of(root: str) -> Kind:
    """The kind of a class whose bases end at ``root`` (``enum.IntEnum``)."""
    top, _, _ = root.partition(".")
    if top == "pydantic" and root.endswith(("Model", "BaseSettings", "dataclass")):
        return "pydantic"
    if top == "dataclasses":
        return "dataclass"
    if top in {"attr", "attrs"}:
        return "attrs"
    if top == "enum":
        return "enum"
    if root.startswith("proto.message"):
        return "proto"
    return _ENDINGS.get(root.rpartition(".")[2], "plain")


@dataclass(slots=True)
class Classes:
    """Kinds of classes of one world; answers are remembered."""

    modules: Modules
    absolute: Callable[[int, str, str], str | None]
    _roots: dict[tuple[str, str], str] = field(default_factory=dict)

    def count(self, module: str, facts: ModuleFacts) -> tuple[Counter[Kind], Counter[Kind]]:
        """Classes and annotated fields of a module by kind."""
        made: Counter[Kind] = Counter()
        fields: Counter[Kind] = Counter()
        for one in facts.kinds:
            kind = self._kind(module, one)
            made[kind] += 1
            fields[kind] += int(one[2])
        return made, fields

    def _kind(self, module: str, one: ClassFacts) -> Kind:
        for base in one[1]:
            kind = kind_of(self._base(module, one[0], base, 0))
            if kind != "plain":
                return kind
        return "plain"

    def _base(self, module: str, owner: str, base: list[object], depth: int) -> str:
        level, where, name = int(str(base[0])), str(base[1]), str(base[2])
        if level < 0:
            return name if name == owner else self._root(module, name, depth + 1)
        whole = self.absolute(level, where, module) or where
        parts = name.split(".")
        while len(parts) > 1 and self.modules.has(f"{whole}.{parts[0]}"):
            whole = f"{whole}.{parts.pop(0)}"
        return self._root(whole, parts[-1], depth + 1) if name else whole

    def _root(self, module: str, name: str, depth: int) -> str:
        key = (module, name)
        if key not in self._roots:
            self._roots[key] = f"{module}.{name}"
            if depth <= _MAX_CHAIN:
                self._roots[key] = self._follow(module, name, depth)
        return self._roots[key]

    def _follow(self, module: str, name: str, depth: int) -> str:
        facts = self.modules.facts(module)
        if facts is None:
            return f"{module}.{name}"
        for one in facts.kinds:
            if one[0] == name:
                roots = [self._base(module, name, base, depth) for base in one[1]]
                return next((root for root in roots if kind_of(root) != "plain"), roots[0])
        for op in facts.ops:
            if op[0] == "f" and (name in op[3] or "*" in op[3]):
                source = self.absolute(op[1], op[2], module)
                if source and source != module and (name in op[3] or self._defines(source, name)):
                    return self._root(source, name, depth + 1)
        return f"{module}.{name}"

    def _defines(self, module: str, name: str) -> bool:
        facts = self.modules.facts(module) if self.modules.has(module) else None
        return facts is not None and any(one[0] == name for one in facts.kinds)
