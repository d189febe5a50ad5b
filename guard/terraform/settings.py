"""One block's arguments and nested blocks as values of the facts (:mod:`guard.model`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from guard.model import Maybe, Unknown, Where
from guard.terraform.convert import to_bool, to_number, to_string
from guard.terraform.evaluate import elements
from guard.terraform.modules import Item
from guard.terraform.scope import ModuleInstance
from guard.terraform.syntax import Attribute, Block, Body
from guard.terraform.values import Exhausted, Fault, Obj, Seq, Unk, Value, object_of

MAX_DYNAMIC = 1000


def as_unknown(value: Unk, fallback: Where | None = None) -> Unknown:
    """Our unknown as the facts have it."""
    return Unknown(reason=value.reason, where=value.where or fallback, remedy=value.remedy)


@dataclass(frozen=True, slots=True)
class Part:
    """A block (or nested block) of one instance: where its arguments are evaluated."""

    module: ModuleInstance
    path: str
    body: Body
    names: Mapping[str, Value]

    def attribute(self, name: str) -> Attribute | None:
        """The argument of this name."""
        return self.body.get(name)

    def where(self, name: str = "") -> Where:
        """The line of an argument, or of the block."""
        attribute = self.body.get(name) if name else None
        return Where(path=self.path, line=self.body.line if attribute is None else attribute.line)

    def value(self, name: str) -> Value:
        """An argument's value; None where it is absent."""
        attribute = self.body.get(name)
        return None if attribute is None else self.module.settled(attribute, self.path, self.names)

    def text(self, name: str) -> Maybe[str | None]:
        """An argument as a string."""
        found = self._converted(name, to_string)
        return found if isinstance(found, str | None | Unknown) else None

    def flag(self, name: str) -> Maybe[bool | None]:
        """An argument as a bool."""
        found = self._converted(name, to_bool)
        return found if isinstance(found, bool | None | Unknown) else None

    def number(self, name: str) -> Maybe[int | None]:
        """An argument as a whole number."""
        found = self._converted(name, to_number)
        if isinstance(found, Fraction):
            return Unknown(reason=f"{name} is not a whole number", where=self.where(name))
        return found if isinstance(found, int | None | Unknown) else None

    def texts(self, name: str) -> Maybe[tuple[str, ...] | None]:
        """An argument as strings."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, Unk):
            return as_unknown(value, self.where(name))
        if not isinstance(value, Seq):
            return Unknown(reason=f"{name} is not a list", where=self.where(name))
        found: list[str] = []
        for item in value.items:
            text = text_of(item)
            if isinstance(text, Unk):
                return as_unknown(text, self.where(name))
            if text is not None:
                found.append(text)
        return tuple(found)

    def _converted(self, name: str, convert: Callable[[Value], Value]) -> Value | Unknown:
        try:
            found = convert(self.value(name))
        except Fault as fault:
            return Unknown(reason=f"{name}: {fault.reason}", where=fault.where or self.where(name))
        return as_unknown(found, self.where(name)) if isinstance(found, Unk) else found

    def blocks(self, kind: str) -> tuple[Part, ...] | Unknown:
        """The nested blocks of a type, ``dynamic`` ones expanded."""
        found = [Part(self.module, self.path, block.body, self.names) for block in self.body.named(kind)]
        for block in self.body.named("dynamic"):
            if block.labels[:1] == (kind,):
                parts = self._dynamic(kind, block)
                if isinstance(parts, Unknown):
                    return parts
                found.extend(parts)
        return tuple(found)

    def _dynamic(self, kind: str, block: Block) -> tuple[Part, ...] | Unknown:
        where = Where(path=self.path, line=block.line)
        each, content = block.body.get("for_each"), block.body.named("content")
        if each is None or not content:
            return Unknown(reason=f"a dynamic {kind} block without for_each or content", where=where)
        try:
            pairs = elements(self.module.settled(each, self.path, self.names))
        except (Fault, Exhausted) as fault:
            return Unknown(reason=fault.reason, where=where)
        if isinstance(pairs, Unk):
            return as_unknown(pairs, where)
        iterator = block.body.get("iterator")
        name = getattr(iterator.value, "name", kind) if iterator is not None else kind
        return tuple(
            Part(self.module, self.path, content[0].body, {**self.names, name: object_of({"key": key, "value": item})})
            for key, item in pairs[:MAX_DYNAMIC]
        )


def text_of(value: Value) -> str | Unk | None:
    """A value as a string; unknown where it is none."""
    try:
        return to_string(value)
    except Fault as fault:
        return Unk(fault.reason, fault.where)


def plain_data(value: Value) -> object:
    """A value as plain data in which anything unknown is :class:`guard.model.Unknown`."""
    match value:
        case Unk():
            return as_unknown(value)
        case Seq(items=items):
            return [plain_data(item) for item in items]
        case Obj(items=items, rest=rest):
            found: dict[str, object] = {name: plain_data(item) for name, item in items.items()}
            return found if rest is None else as_unknown(rest)
        case Fraction():
            return float(value)
        case _:
            pass
    return value


def part_of(module: ModuleInstance, item: Item, names: Mapping[str, Value]) -> Part:
    """A block's body in one instance."""
    return Part(module, item.path, item.body, names)
