"""Conversions of collections, and tests of all their elements."""

from __future__ import annotations

from guard.terraform.convert import convert, to_bool
from guard.terraform.functions.collections import sequence
from guard.terraform.functions.registry import standard
from guard.terraform.values import Seq, Unk, Value


def _bools(value: Value, name: str) -> list[bool | Unk | None]:
    return [to_bool(item) for item in sequence(value, name).items]


@standard("alltrue", "list(bool)~", gives="bool", present=True)
def all_true(value: Seq) -> Value:
    """Whether every element is true."""
    found = _bools(value, "alltrue")
    if any(item is False or item is None for item in found):
        return False
    return next((item for item in found if isinstance(item, Unk)), True)


@standard("anytrue", "list(bool)~", gives="bool", present=True)
def any_true(value: Seq) -> Value:
    """Whether an element is true."""
    found = _bools(value, "anytrue")
    if any(item is True for item in found):
        return True
    return next((item for item in found if isinstance(item, Unk)), False)


@standard("tolist", "any?~")
def to_list(value: Value) -> Value:
    """As a list."""
    return convert(value, ("list", "any"))


@standard("toset", "any?~")
def to_set(value: Value) -> Value:
    """As a set."""
    return convert(value, ("set", "any"))


@standard("tomap", "any?~")
def to_map(value: Value) -> Value:
    """As a map."""
    return convert(value, ("map", "any"))


@standard("tonumber", "any?!", gives="number")
def to_number_value(value: Value) -> Value:
    """As a number."""
    return convert(value, "number")


@standard("tobool", "any?!", gives="bool")
def to_bool_value(value: Value) -> Value:
    """As a bool."""
    return convert(value, "bool")
