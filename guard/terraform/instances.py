"""Instances of resources and module calls: what ``count`` and ``for_each`` make, and how addresses name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guard.model import Where
from guard.terraform.budget import Budget
from guard.terraform.convert import convert, to_string
from guard.terraform.values import Fault, Obj, Seq, Unk, Value, in_order, object_of

Key = str | int | None
"""The key of an instance: of ``for_each``, of ``count``, or None."""


def show_key(key: Key) -> str:
    """An instance key as Terraform writes it in an address."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    text = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '["' + text.replace("${", "$${").replace("%{", "%%{") + '"]'


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a resource or call: its key and what ``each`` and ``count`` are in it."""

    key: Key
    names: Mapping[str, Value]


def counted(value: Value, where: Where, budget: Budget) -> tuple[Instance, ...] | Unk:
    """The instances of a ``count``; raises :class:`Fault`."""
    number = convert(value, "number")
    if isinstance(number, Unk):
        return number
    if not isinstance(number, int) or number < 0:
        raise Fault("count must be a whole number that is not negative", where)
    budget.take_instances(number)
    return tuple(Instance(at, {"count": object_of({"index": at})}) for at in range(number))


def for_each(value: Value, where: Where, budget: Budget) -> tuple[Instance, ...] | Unk:
    """The instances of a ``for_each``; raises :class:`Fault`."""
    pairs: list[tuple[Value, Value]]
    match value:
        case Unk():
            return value
        case Obj(rest=None):
            pairs = list(in_order(value))
        case Obj(rest=rest) if rest is not None:
            return rest
        case Seq(kind="set", items=items):
            pairs = [(item, item) for item in items]
        case _:
            raise Fault("for_each must be a map, an object or a set of strings", where)
    budget.take_instances(len(pairs))
    found: list[Instance] = []
    for key, item in pairs:
        if isinstance(key, Unk):
            return key
        if not isinstance(key, str):
            raise Fault("for_each needs a set of strings", where)
        found.append(Instance(key, {"each": object_of({"key": key, "value": item})}))
    return tuple(found)


def instance_key(value: Value, *, counted: bool) -> Key:
    """The key an index names; raises :class:`Fault`."""
    if counted:
        number = convert(value, "number")
        if isinstance(number, int):
            return number
        raise Fault("an instance of a counted block is named by a whole number")
    text = to_string(value)
    if isinstance(text, str):
        return text
    raise Fault("an instance key is null")
