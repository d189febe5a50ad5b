"""Collection functions."""

from __future__ import annotations

from typing import cast

from guard.terraform.convert import convert, unify
from guard.terraform.functions.registry import standard
from guard.terraform.functions.strings import is_simple
from guard.terraform.numbers import Number
from guard.terraform.values import (
    Fault,
    Obj,
    Seq,
    Type,
    Unk,
    Value,
    as_type,
    equal,
    first_unknown,
    in_order,
    object_of,
    order_key,
    strings,
    tuple_of,
    type_of,
)  # fmt: skip


def sequence(value: Value, name: str) -> Seq:
    """A list, set or tuple, or :class:`Fault`."""
    if not isinstance(value, Seq):
        raise Fault(f"{name}() needs a list, set or tuple")
    return value


@standard("length", "any~", gives="number", present=True)
def length(value: Value) -> Value:
    """How many elements or characters."""
    match value:
        case str():
            if not is_simple(value):
                return Unk("length() of text in which characters combine", type="number")
            return len(value)
        case Obj(rest=rest) if rest is not None:
            return rest
        case Seq(items=items) | Obj(items=items):
            return len(items)
        case _:
            pass
    raise Fault("length() needs a collection or a string")


@standard("element", "any~", "number")
def element(value: Value, number: Number) -> Value:
    """An element by position, round and round."""
    items = sequence(value, "element").items
    if isinstance(value, Seq) and value.kind == "set":
        raise Fault("element() needs a list or tuple")
    if not isinstance(number, int) or not items:
        raise Fault("element() needs a whole number and a list that is not empty")
    if number < 0 and -number % len(items) and isinstance(value, Seq) and value.kind == "tuple":
        raise Fault("element() of a tuple needs a number that is not negative")
    return items[number % len(items)]


@standard("index", "any~", "any?~")
def position(value: Value, wanted: Value) -> Value:
    """The position of an element."""
    if isinstance(value, Seq) and value.kind == "set":
        raise Fault("index() needs a list or tuple")
    for number, item in enumerate(sequence(value, "index").items):
        found = equal(item, wanted)
        if isinstance(found, Unk):
            return as_type(found, "number")
        if found:
            return number
    raise Fault("index(): the element is not in the list")


@standard("keys", "any~", present=True)
def keys(value: Value) -> Value:
    """The keys of a map or object in order."""
    if not isinstance(value, Obj):
        raise Fault("keys() needs a map or object")
    if value.rest is not None:
        return as_type(value.rest, "any")
    names = [name for name, _ in in_order(value)]
    return strings(names) if value.kind == "map" else tuple_of(list[Value](names))


@standard("values", "any~", present=True)
def values_of(value: Value) -> Value:
    """The elements of a map or object in order of their keys."""
    if not isinstance(value, Obj):
        raise Fault("values() needs a map or object")
    if value.rest is not None:
        return as_type(value.rest, "any")
    found = [item for _, item in in_order(value)]
    return Seq("list", tuple(found), value.element) if value.kind == "map" else tuple_of(found)


@standard("lookup", "any~", "string", "any?!=")
def lookup(value: Value, key: str, *default: Value) -> Value:
    """An element of a map, or a default."""
    if not isinstance(value, Obj):
        raise Fault("lookup() needs a map or object")
    if default and value.kind == "map":
        default = (convert(default[0], value.element),)
    if key in value.items:
        return value.items[key]
    if value.rest is not None:
        return value.rest
    if not default:
        raise Fault(f"lookup(): there is no key {key[:60]!r} and no default")
    return default[0]


@standard("merge", "any?!*", present=True)
def merge(*values: Value) -> Value:
    """Maps or objects in one; later ones win."""
    items: dict[str, Value] = {}
    rest: Unk | None = None
    kinds: list[Type] = []
    maps = True
    for value in values:
        if isinstance(value, Unk):
            return as_type(value, "any")
        if value is None:
            continue
        if not isinstance(value, Obj):
            raise Fault("merge() needs maps or objects")
        if value.rest is not None:
            rest = rest or value.rest
            items = dict.fromkeys(items, value.rest)
        items.update(value.items)
        maps = maps and value.kind == "map"
        kinds.append(value.element)
    if all(value is None for value in values):
        return Obj("object", {}) if not values else None
    if maps and rest is None:
        kind = unify(kinds)
        if kind is not None and len(set(kinds)) == 1:
            return Obj("map", items, kind)
    return Obj("object", items, rest=rest)


@standard("concat", "any~*", present=True)
def concat(*values: Value) -> Value:
    """Lists or tuples one after the other."""
    if not values:
        raise Fault("concat() needs an argument")
    parts = [sequence(value, "concat") for value in values]
    if any(part.kind == "set" for part in parts):
        raise Fault("concat() needs lists or tuples")
    items = tuple(item for part in parts for item in part.items)
    if all(part.kind == "list" for part in parts):
        kind = unify([part.element for part in parts])
        if kind is not None:
            return Seq("list", tuple(convert(item, kind) for item in items), kind)
    return Seq("tuple", items)


@standard("flatten", "any~", present=True)
def flatten(value: Value) -> Value:
    """Nested sequences as one."""
    found: list[Value] = []
    stack = list(reversed(sequence(value, "flatten").items))
    while stack:
        item = stack.pop()
        if isinstance(item, Seq):
            stack.extend(reversed(item.items))
        elif isinstance(item, Unk) and (item.type == "any" or not isinstance(item.type, str)):
            return as_type(item, "any")
        else:
            found.append(item)
    return tuple_of(found)


@standard("contains", "any~", "any~", gives="bool", present=True)
def contains(value: Value, wanted: Value) -> Value:
    """Whether an element is in a sequence."""
    doubt: Unk | None = None
    items = sequence(value, "contains")
    for item in items.items:
        found = equal(item, wanted)
        if isinstance(found, Unk):
            doubt = doubt or found
        elif found:
            return True
    return False if doubt is None else as_type(doubt, "bool")


@standard("coalesce", "any?!*")
def coalesce(*values: Value) -> Value:
    """The first argument that is neither null nor an empty string."""
    kind = unify([type_of(value) for value in values if value is not None])
    if kind is None or not values:
        raise Fault("coalesce() needs arguments of one type")
    for value in values:
        if value is None:
            continue
        if isinstance(value, Unk):
            return as_type(value, kind)
        found = convert(value, kind)
        if found != "":
            return found
    raise Fault("coalesce(): all arguments are null or empty")


@standard("coalescelist", "any?!*")
def coalesce_list(*values: Value) -> Value:
    """The first list that is not empty."""
    for value in values:
        if isinstance(value, Unk):
            return as_type(value, "any")
        if isinstance(value, Seq) and value.kind == "set":
            raise Fault("coalescelist() needs lists or tuples")
    for value in values:
        if value is not None and sequence(value, "coalescelist").items:
            return value
    raise Fault("coalescelist(): all lists are empty")


@standard("compact", "list(string)~", gives="list(string)", present=True)
def compact(value: Seq) -> Value:
    """Strings without the empty ones and nulls."""
    doubt = first_unknown(value)
    if doubt is not None:
        return as_type(doubt, ("list", "string"))
    return strings([str(item) for item in value.items if item not in {None, ""}])


@standard("distinct", "list(any)", present=True)
def distinct(value: Seq) -> Value:
    """Each element once."""
    kept: list[Value] = []
    seen: set[str] = set()
    for item in value.items:
        if isinstance(item, str):
            if item in seen:
                continue
            seen.add(item)
        elif any(equal(item, other) is True for other in kept):
            continue
        kept.append(item)
    return Seq("list", tuple(kept), value.element)


@standard("chunklist", "list(any)~", "number", present=True)
def chunk_list(value: Seq, size: Number) -> Value:
    """A list cut in lists of a size."""
    if not isinstance(size, int) or size < 0:
        raise Fault("chunklist() needs a size that is not negative")
    step = size or max(1, len(value.items))
    chunks = [Seq("list", value.items[at : at + step], value.element) for at in range(0, len(value.items), step)]
    return Seq("list", tuple(chunks), ("list", value.element))


@standard("reverse", "any~", present=True)
def reverse(value: Value) -> Value:
    """Elements from the last to the first."""
    items = sequence(value, "reverse")
    kind = "tuple" if items.kind == "tuple" else "list"
    return Seq("tuple" if kind == "tuple" else "list", tuple(reversed(items.items)), items.element)


@standard("slice", "any~", "number", "number", present=True)
def cut(value: Value, start: Number, end: Number) -> Value:
    """Elements from a position up to another."""
    items = sequence(value, "slice")
    if items.kind == "set" or not isinstance(start, int) or not isinstance(end, int):
        raise Fault("slice() needs a list or tuple, and whole numbers")
    if not 0 <= start <= end <= len(items.items):
        raise Fault("slice(): the positions are outside the list")
    return Seq(items.kind, items.items[start:end], items.element)


@standard("one", "any?~")
def one_of(value: Value) -> Value:
    """The only element, or null."""
    if value is None:
        raise Fault("one() of null")
    items = sequence(value, "one").items
    if len(items) > 1:
        raise Fault("one() needs at most one element")
    return items[0] if items else None


@standard("transpose", "map(list(string))", gives="map(list(string))", present=True)
def transpose(value: Obj) -> Value:
    """Keys and elements of a map of lists swapped."""
    found: dict[str, list[str]] = {}
    for name, items in in_order(value):
        for item in cast("Seq", items).items:
            found.setdefault(str(item), []).append(name)
    made = {name: strings(sorted(names, key=order_key)) for name, names in found.items()}
    return Obj("map", dict(made), ("list", "string"))


@standard("zipmap", "list(string)", "any~", present=True)
def zip_map(names: Seq, items: Value) -> Value:
    """A map from keys and elements."""
    values = sequence(items, "zipmap")
    if len(names.items) != len(values.items):
        raise Fault("zipmap() needs as many keys as elements")
    found = {str(name): item for name, item in zip(names.items, values.items, strict=True)}
    return object_of(found) if values.kind == "tuple" else Obj("map", found, values.element)


@standard("matchkeys", "list(any)", "list(any)", "list(any)", present=True)
def match_keys(items: Seq, names: Seq, wanted: Seq) -> Value:
    """Elements whose key is wanted."""
    if len(items.items) != len(names.items):
        raise Fault("matchkeys() needs as many keys as elements")
    kind = unify([names.element, wanted.element])
    if kind is None:
        raise Fault("matchkeys() needs keys of one type")
    hits = [convert(item, kind) for item in wanted.items]
    kept = [
        item
        for item, name in zip(items.items, names.items, strict=True)
        if any(equal(convert(name, kind), hit) is True for hit in hits)
    ]
    return Seq("list", tuple(kept), items.element)


def element_type(parts: list[Seq]) -> Type:
    """The element type of several sets; :class:`Fault` when they have none in common."""
    kinds = [
        unify([type_of(item) for item in part.items]) if part.kind == "tuple" else part.element
        for part in parts
        if part.kind != "tuple" or part.items
    ]
    known = [kind for kind in kinds if kind is not None]
    found = unify(known)
    if found is None or len(known) < len(kinds):
        raise Fault("the elements have no common type")
    return found
