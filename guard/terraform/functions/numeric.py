"""Numeric functions."""

from __future__ import annotations

import math
from typing import cast

from guard.terraform.convert import to_number
from guard.terraform.functions.registry import standard
from guard.terraform.numbers import MAX_EXPONENT, NotANumber, Number, parse_number, rounded
from guard.terraform.values import Fault, Seq, Value

MAX_RANGE = 1024
"""``range`` itself refuses more (Terraform language documentation, "range Function")."""


@standard("abs", "number", gives="number", present=True)
def absolute(value: Number) -> Value:
    """The distance from zero."""
    return -value if value < 0 else value


@standard("ceil", "number", gives="number", present=True)
def ceiling(value: Number) -> Value:
    """The nearest whole number above."""
    return math.ceil(value)


@standard("floor", "number", gives="number", present=True)
def floor(value: Number) -> Value:
    """The nearest whole number below."""
    return math.floor(value)


@standard("log", "number", "number", gives="number", present=True)
def logarithm(value: Number, base: Number) -> Value:
    """The logarithm, in double precision as Terraform computes it."""
    try:
        found = math.log(value) / math.log(base)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise Fault("log() of this number does not exist") from None
    return from_float(found)


def from_float(value: float) -> Number:
    """A double as the number its shortest decimal form stands for, which is how Terraform prints it."""
    if not math.isfinite(value):
        raise Fault("the result is infinite")
    return parse_number(repr(value))


@standard("max", "number*", gives="number", present=True)
def greatest(*values: Number) -> Value:
    """The greatest number."""
    if not values:
        raise Fault("max() needs an argument")
    return max(values)


@standard("min", "number*", gives="number", present=True)
def least(*values: Number) -> Value:
    """The smallest number."""
    if not values:
        raise Fault("min() needs an argument")
    return min(values)


@standard("parseint", "any", "number", gives="number", present=True)
def parse_integer(text: Value, base: Number) -> Value:
    """A string in another base as a number."""
    if not isinstance(text, str):
        raise Fault("parseint() needs a string")
    if not isinstance(base, int) or not 2 <= base <= 62:
        raise Fault("the base of parseint() is between 2 and 62")
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    plain = text.lower() if base <= 36 else text
    sign = -1 if plain.startswith("-") else 1
    body = plain[1:] if plain[:1] in {"+", "-"} else plain
    if not body or len(body) > MAX_EXPONENT // 4:
        raise Fault("parseint() needs digits")
    value = 0
    for sign_of in body:
        number = digits.find(sign_of)
        if not 0 <= number < base:
            raise Fault(f"{text[:40]!r} is not a number of base {base}")
        value = value * base + number
    return rounded(sign * value)


@standard("pow", "number", "number", gives="number", present=True)
def power(value: Number, exponent: Number) -> Value:
    """A power, in double precision where it is not a power of whole numbers that doubles hold."""
    try:
        return from_float(math.pow(value, exponent))
    except (OverflowError, ValueError):
        raise NotANumber("a number is too large") from None


@standard("signum", "number", gives="number", present=True)
def sign(value: Number) -> Value:
    """-1, 0 or 1."""
    if not isinstance(value, int):
        raise Fault("signum() needs a whole number")
    return (value > 0) - (value < 0)


@standard("sum", "any", gives="number", present=True)
def total(values: Value) -> Value:
    """The sum of a collection."""
    if not isinstance(values, Seq) or not values.items:
        raise Fault("sum() needs a list, set or tuple with at least one element")
    found: Number = 0
    for item in values.items:
        number = to_number(item)
        if number is None:
            raise Fault("sum() of null")
        found = rounded(found + cast("Number", number))
    return found


@standard("range", "number", "number=", "number=", gives="list(number)", present=True)
def number_range(one: Number, two: Number | None = None, step: Number | None = None) -> Value:
    """Numbers from a start up to a limit."""
    start, end = (0, one) if two is None else (one, two)
    move = step if step is not None else (1 if end >= start else -1)
    if move == 0 or (end > start and move < 0) or (end < start and move > 0):
        raise Fault("range() needs a step towards its limit")
    found: list[Value] = []
    at: Number = start
    while at < end if move > 0 else at > end:
        if len(found) >= MAX_RANGE:
            raise Fault(f"range() makes at most {MAX_RANGE} numbers")
        found.append(at)
        at = at + move
    return Seq("list", tuple(found), "number")
