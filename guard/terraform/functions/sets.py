"""Set functions."""

from __future__ import annotations

import itertools

from guard.terraform.convert import convert, set_of, unify
from guard.terraform.functions.collections import element_type, sequence
from guard.terraform.functions.registry import standard
from guard.terraform.values import Exhausted, Fault, Seq, Value, equal, tuple_of, type_of

MAX_PRODUCT = 500_000


def _sets(values: tuple[Value, ...], name: str) -> list[Seq]:
    parts = [sequence(value, name) for value in values]
    kind = element_type(parts)
    found = [convert(part, ("set", kind)) for part in parts]
    return [part for part in found if isinstance(part, Seq)]


def _has(part: Seq, item: Value) -> bool:
    return any(equal(item, other) is True for other in part.items)


@standard("setunion", "any*", present=True)
def union(*values: Value) -> Value:
    """All elements of all sets."""
    parts = _sets(values, "setunion")
    return set_of([item for part in parts for item in part.items], parts[0].element if parts else "any")


@standard("setintersection", "any*", present=True)
def intersection(*values: Value) -> Value:
    """The elements that every set has."""
    parts = _sets(values, "setintersection")
    if not parts:
        raise Fault("setintersection() needs an argument")
    return set_of([item for item in parts[0].items if all(_has(part, item) for part in parts[1:])], parts[0].element)


@standard("setsubtract", "any", "any", present=True)
def difference(one: Value, other: Value) -> Value:
    """The elements that only the first set has."""
    left, right = _sets((one, other), "setsubtract")
    return set_of([item for item in left.items if not _has(right, item)], left.element)


@standard("setproduct", "any~*", present=True)
def product(*values: Value) -> Value:
    """All combinations."""
    parts = [sequence(value, "setproduct") for value in values]
    if len(parts) < 2:
        raise Fault("setproduct() needs two arguments")
    size = 1
    for part in parts:
        size *= len(part.items)
    if size > MAX_PRODUCT:
        raise Exhausted(f"setproduct() of more than {MAX_PRODUCT:,} combinations")
    if all(part.kind == "set" for part in parts):
        rows = [tuple_of(row) for row in itertools.product(*(part.items for part in parts))]
        return Seq("set", tuple(rows), ("tuple", tuple(part.element for part in parts)))
    kinds = [unify([type_of(item) for item in part.items]) if part.kind == "tuple" else part.element for part in parts]
    if None in kinds:
        raise Fault("setproduct() needs elements of one type in each list")
    made = [
        tuple_of([convert(item, kind or "any") for item, kind in zip(row, kinds, strict=True)])
        for row in itertools.product(*(part.items for part in parts))
    ]
    return Seq("list", tuple(made), ("tuple", tuple(kind or "any" for kind in kinds)))
