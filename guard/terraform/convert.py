"""Conversion between types, and the one type that several have in common, as Terraform does both.

Source: ``github.com/zclconf/go-cty``, packages ``convert`` and ``cty/convert/unify.go``, as described in the
Terraform language documentation, "Type Constraints" and "Conversion of Primitive Types".
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

from guard.terraform.numbers import NotANumber, parse_number, show_number
from guard.terraform.values import Fault, Obj, Seq, Type, Unk, Value, equal, in_order, order_key, show_type, type_of

_TRUE, _FALSE = {"true", "1"}, {"false", "0"}


def to_string(value: Value) -> str | Unk | None:
    """A value as a string; raises :class:`Fault` for a collection."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | None:
            return value
        case Unk():
            return as_unknown(value, "string")
        case int() | Fraction():
            return show_number(value)
        case Seq() | Obj():
            pass
    raise Fault(f"a string is required, not {_article(value)}")


def to_number(value: Value) -> int | Fraction | Unk | None:
    """A value as a number; raises :class:`Fault`."""
    match value:
        case bool():
            raise Fault("a number is required, not a bool")
        case int() | Fraction() | None:
            return value
        case Unk():
            return as_unknown(value, "number")
        case str():
            try:
                return parse_number(value)
            except NotANumber:
                raise Fault(f"a number is required, not the string {value[:40]!r}") from None
        case Seq() | Obj():
            pass
    raise Fault(f"a number is required, not {_article(value)}")


def to_bool(value: Value) -> bool | Unk | None:
    """A value as a bool; raises :class:`Fault`."""
    match value:
        case bool() | None:
            return value
        case Unk():
            return as_unknown(value, "bool")
        case str():
            if value in _TRUE | _FALSE:
                return value in _TRUE
            raise Fault(f"a bool is required, not the string {value[:40]!r}")
        case _:
            pass
    raise Fault(f"a bool is required, not {_article(value)}")


def as_unknown(value: Unk, kind: Type) -> Unk:
    """The same unknown, now known to be of a type."""
    if kind in (value.type, "any"):
        return value
    return Unk(value.reason, value.where, kind, value.present, value.remedy, value.prefix if kind == "string" else "")


def convert(value: Value, kind: Type) -> Value:
    """A value as another type; raises :class:`Fault` where Terraform has no conversion."""
    if kind == "any" or value is None:
        return value
    if isinstance(value, Unk):
        return as_unknown(value, kind)
    if isinstance(kind, str):
        return {"string": to_string, "number": to_number, "bool": to_bool}[kind](value)
    tag, inner = kind
    if tag in {"list", "set"}:
        return _to_sequence(value, tag, inner)
    if tag == "map":
        return _to_map(value, inner)
    if tag == "tuple":
        if not isinstance(value, Seq) or value.kind != "tuple" or len(value.items) != len(inner):
            raise Fault(f"a tuple of {len(inner)} elements is required, not {_article(value)}")
        return Seq("tuple", tuple(convert(item, part) for item, part in zip(value.items, inner, strict=True)))
    return _to_object(value, inner)


def _to_sequence(value: Value, tag: str, inner: Type) -> Value:
    if not isinstance(value, Seq):
        raise Fault(f"a {tag} is required, not {_article(value)}")
    items = list(value.items)
    if value.kind == "set" and tag == "list" and len(items) > 1 and not _is_primitive(items):
        return Unk("the order of a set of collections depends on Terraform's hashes", type=("list", inner))
    if inner == "any":
        inner = common_type(items) if value.kind == "tuple" else value.element
    if value.kind != "tuple" and not converts(value.element, inner):
        raise Fault(f"a {tag} of {show_type(inner)} is required")
    items = [convert(item, inner) for item in items]
    return set_of(items, inner) if tag == "set" else Seq("list", tuple(items), inner)


def _to_map(value: Value, inner: Type) -> Value:
    if not isinstance(value, Obj):
        raise Fault(f"a map is required, not {_article(value)}")
    if inner == "any":
        inner = common_type([item for _, item in in_order(value)]) if value.kind == "object" else value.element
    items = {name: convert(item, inner) for name, item in value.items.items()}
    return Obj("map", items, inner, value.rest)


def _to_object(value: Value, inner: tuple[tuple[str, Type], ...]) -> Value:
    if not isinstance(value, Obj):
        raise Fault(f"an object is required, not {_article(value)}")
    items: dict[str, Value] = {}
    for name, kind in inner:
        if name in value.items:
            items[name] = convert(value.items[name], kind)
        elif value.rest is not None:
            items[name] = as_unknown(value.rest, kind)
        else:
            raise Fault(f'the attribute "{name}" is required')
    return Obj("object", items)


def set_of(items: list[Value], element: Type) -> Value:
    """A set: each element once, in Terraform's order; unknown as a whole when an element is."""
    unknown = next((item for item in items if isinstance(item, Unk)), None)
    if unknown is not None and len(items) > 1:
        return as_unknown(unknown, ("set", element))
    if all(isinstance(item, str) for item in items):
        names = sorted({cast("str", item) for item in items}, key=order_key)
        return Seq("set", tuple(names), element)
    kept: list[Value] = []
    for item in items:
        same = [equal(item, other) for other in kept]
        doubt = next((found for found in same if isinstance(found, Unk)), None)
        if doubt is not None:
            return as_unknown(doubt, ("set", element))
        if True not in same:
            kept.append(item)
    if _is_primitive(kept):
        kept.sort(key=lambda item: cast("Fraction", item) if item is not None else Fraction(-1))
    return Seq("set", tuple(kept), element)


def _is_primitive(items: list[Value]) -> bool:
    return all(isinstance(item, str | bool | int | Fraction) for item in items)


def converts(kind: Type, to: Type) -> bool:
    """Whether values of a type may convert to another; what decides for an empty collection."""
    if "any" in (kind, to) or kind == to:
        return True
    if isinstance(kind, str) or isinstance(to, str):
        return isinstance(kind, str) and isinstance(to, str) and (to == "string" or kind == "string")
    tags, inner, other = {kind[0], to[0]}, kind[1], to[1]
    if tags <= {"list", "set"} or tags == {"map"}:
        return converts(inner, other)
    if kind[0] == "tuple" and to[0] in {"list", "set"}:
        return all(converts(part, other) for part in inner)
    if kind[0] == "object" and to[0] == "map":
        return all(converts(part, other) for _, part in inner)
    return tags <= {"map", "object"} or tags == {"tuple"}


def common_type(items: list[Value]) -> Type:
    """The element type of a collection made of these; raises :class:`Fault` when they have none in common."""
    kinds = [type_of(item) for item in items if item is not None]
    found = unify(kinds)
    if found is None:
        raise Fault("all elements must have the same type")
    return found


def unify(kinds: list[Type]) -> Type | None:
    """The type all of these convert to, or None. ``"any"`` where one of them is not known."""
    kinds = list(dict.fromkeys(kinds))
    if not kinds:
        return "any"
    if "any" in kinds:
        return None if unify([kind for kind in kinds if kind != "any"]) is None else "any"
    if len(kinds) == 1:
        return kinds[0]
    if all(isinstance(kind, str) for kind in kinds):
        return "string" if "string" in kinds else None
    tags = {kind if isinstance(kind, str) else kind[0] for kind in kinds}
    inners = [kind[1] for kind in kinds if not isinstance(kind, str)]
    if tags <= {"object", "map"}:
        return _unify_maps(kinds, tags, inners)
    if tags <= {"tuple", "list", "set"}:
        return _unify_sequences(kinds, tags, inners)
    return None


def _unify_maps(kinds: list[Type], tags: set[str], inners: list[Any]) -> Type | None:
    if tags == {"object"} and len({tuple(name for name, _ in inner) for inner in inners}) == 1:
        parts = [(column[0][0], unify([part for _, part in column])) for column in zip(*inners, strict=True)]
        if all(part is not None for _, part in parts):
            return cast("Type", ("object", tuple(parts)))
        return None
    flat: list[Type] = []
    for kind in kinds:
        tag, inner = cast("tuple[str, Any]", kind)
        flat.extend([part for _, part in inner] if tag == "object" else [inner])
    found = unify([kind for kind in flat if kind != "any"])
    return None if found is None else ("map", found)


def _unify_sequences(kinds: list[Type], tags: set[str], inners: list[Any]) -> Type | None:
    if tags == {"tuple"} and len({len(inner) for inner in inners}) == 1:
        parts = [unify(list(column)) for column in zip(*inners, strict=True)]
        return None if None in parts else cast("Type", ("tuple", tuple(parts)))
    flat: list[Type] = []
    for kind in kinds:
        tag, inner = cast("tuple[str, Any]", kind)
        flat.extend(inner if tag == "tuple" else [inner])
    found = unify([kind for kind in flat if kind != "any"])
    if found is None:
        return None
    return ("set" if tags in ({"set"}, {"set", "tuple"}) else "list", found)


def _article(value: Value) -> str:
    kind = show_type(type_of(value)).split("(")[0]
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
