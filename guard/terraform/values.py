"""What an expression evaluates to: known, null or unknown, with Terraform's types where they decide something.

A string is ``str``, a bool ``bool``, a number ``int`` or ``Fraction``, null ``None``. Collections are
:class:`Seq` and :class:`Obj`; what nobody could know is :class:`Unk`. An :class:`Obj` with ``rest`` has more
attributes than are listed (a resource), each of them unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, TypeAlias, Union

from guard.model import Where

Type: TypeAlias = Union[str, tuple[str, Any]]
"""``"string"``, ``"number"``, ``"bool"``, ``"any"``, ``("list"|"set"|"map", T)``, ``("tuple", Ts)``,
``("object", ((name, T), ...))`` with the names sorted."""


class Fault(Exception):
    """Terraform would refuse this expression: what it would say, and where."""

    def __init__(self, reason: str, where: Where | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where


class Exhausted(Exception):
    """A budget of steps, depth or size is used up; ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unk:
    """A value nobody could know before ``terraform apply`` (or without credentials), and why.

    ``type`` is its type where that is known; ``present``: it is certainly not null.
    """

    reason: str
    where: Where | None = None
    type: Type = "any"
    present: bool = False
    remedy: str = ""
    prefix: str = ""
    """What a string certainly begins with."""


@dataclass(frozen=True, slots=True)
class Seq:
    """A list, set or tuple. ``element`` is the element type of a list or set."""

    kind: Literal["list", "set", "tuple"]
    items: tuple[Value, ...]
    element: Type = "any"


@dataclass(frozen=True, slots=True)
class Obj:
    """A map or object; iterate with :func:`in_order`."""

    kind: Literal["map", "object"]
    items: Mapping[str, Value] = field(default_factory=dict)
    element: Type = "any"
    rest: Unk | None = None


Number: TypeAlias = Union[int, Fraction]
Value: TypeAlias = Union[str, bool, int, Fraction, Seq, Obj, Unk, None]


def as_type(value: Unk, kind: Type) -> Unk:
    """The same unknown with another type, of a part or a result; whether it is null is open again."""
    if value.type == kind and not value.present:
        return value
    return Unk(value.reason, value.where, kind, False, value.remedy)


def tuple_of(items: Iterator[Value] | tuple[Value, ...] | list[Value]) -> Seq:
    """A tuple value."""
    return Seq("tuple", tuple(items))


def object_of(items: Mapping[str, Value]) -> Obj:
    """An object value."""
    return Obj("object", dict(items))


def strings(items: list[str]) -> Seq:
    """A list of strings."""
    return Seq("list", tuple(items), "string")


def is_number(value: Value) -> bool:
    """Whether a value is a known number."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def order_key(text: str) -> bytes:
    """Terraform orders strings by their UTF-8 bytes."""
    return text.encode("utf-8", "surrogatepass")


def in_order(value: Obj) -> list[tuple[str, Value]]:
    """The elements of a map or object as Terraform iterates over them."""
    return sorted(value.items.items(), key=lambda pair: order_key(pair[0]))


def first_unknown(value: Value) -> Unk | None:
    """Something unknown anywhere inside, or None when the value is wholly known."""
    if isinstance(value, Unk):
        return value
    if isinstance(value, Seq):
        return next((found for item in value.items if (found := first_unknown(item)) is not None), None)
    if isinstance(value, Obj):
        if value.rest is not None:
            return value.rest
        return next((found for item in value.items.values() if (found := first_unknown(item)) is not None), None)
    return None


def type_of(value: Value) -> Type:
    """A value's type; ``"any"`` where it is not known."""
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | Fraction():
            return "number"
        case Unk(type=kind):
            return kind
        case Seq(kind="tuple", items=items):
            return ("tuple", tuple(type_of(item) for item in items))
        case Seq(kind=kind, element=element):
            return (kind, element)
        case Obj(kind="map", element=element):
            return ("map", element)
        case Obj(items=items, rest=rest):
            if rest is not None:
                return "any"
            return ("object", tuple(sorted((name, type_of(item)) for name, item in items.items())))
        case None:
            return "any"


def is_open(kind: Type) -> bool:
    """Whether part of a type is not known."""
    if isinstance(kind, str):
        return kind == "any"
    tag, inner = kind
    if tag in {"list", "set", "map"}:
        return is_open(inner)
    return any(map(is_open, inner if tag == "tuple" else [part for _, part in inner]))


def differ(one: Type, other: Type) -> bool:
    """Whether two types are certainly not the same, whatever is not known of them."""
    if "any" in (one, other):
        return False
    if isinstance(one, str) or isinstance(other, str) or one[0] != other[0]:
        return one != other
    if one[0] in {"list", "set", "map"}:
        return differ(one[1], other[1])
    if len(one[1]) != len(other[1]):
        return True
    if one[0] == "tuple":
        return any(differ(left, right) for left, right in zip(one[1], other[1], strict=True))
    return any(
        left[0] != right[0] or differ(left[1], right[1]) for left, right in zip(one[1], other[1], strict=True)
    )  # fmt: skip


def show_type(kind: Type) -> str:
    """A type in Terraform's words: ``list(string)``; objects and tuples by their kind only."""
    if isinstance(kind, str):
        return kind
    return f"{kind[0]}({show_type(kind[1])})" if kind[0] in {"list", "set", "map"} else kind[0]


def equal(one: Value, other: Value) -> bool | Unk:
    """Terraform's ``==``: values of different types are never equal; unknown where something unknown decides."""
    if isinstance(one, Unk) or isinstance(other, Unk):
        return _equal_unknown(one, other)
    if one is None or other is None:
        return one is None and other is None
    left, right = type_of(one), type_of(other)
    if differ(left, right):
        return False
    if isinstance(one, Seq) and isinstance(other, Seq):
        if one.kind != other.kind or len(one.items) != len(other.items):
            if one.kind == other.kind == "set" and (first_unknown(one) or first_unknown(other)):
                return first_unknown(one) or first_unknown(other) or False
            return False
        if not one.items and one.kind != "tuple" and one.element != other.element:
            return Unk("whether two empty collections have one element type")
        return _all_equal(list(zip(one.items, other.items, strict=True)))
    if isinstance(one, Obj) and isinstance(other, Obj):
        if one.rest is not None or other.rest is not None:
            return one.rest or other.rest or False
        if one.kind != other.kind or one.items.keys() != other.items.keys():
            return False
        if not one.items and one.element != other.element:
            return Unk("whether two empty collections have one element type")
        return _all_equal([(value, other.items[name]) for name, value in one.items.items()])
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return type(one) is type(other) and one == other


def _equal_unknown(one: Value, other: Value) -> bool | Unk:
    unknown, known = (one, other) if isinstance(one, Unk) else (other, one)
    assert isinstance(unknown, Unk)
    if known is None and unknown.present:
        return False
    if isinstance(known, str) and unknown.prefix and not known.startswith(unknown.prefix):
        return False
    return unknown


def _all_equal(pairs: list[tuple[Value, Value]]) -> bool | Unk:
    doubt: Unk | None = None
    for one, other in pairs:
        found = equal(one, other)
        if found is False:
            return False
        if isinstance(found, Unk):
            doubt = doubt or found
    return True if doubt is None else doubt
