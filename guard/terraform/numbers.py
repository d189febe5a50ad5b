"""Terraform's numbers: binary floating point with 512 bits of mantissa, exact for every whole number we meet.

Source: ``github.com/zclconf/go-cty``, "Primitive Types": numbers are ``big.Float`` parsed with 512 bits of
precision and rounding to nearest even. Here a number is an ``int`` or, where it has a fraction, a
``Fraction`` that such a float can hold.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeAlias, Union

Number: TypeAlias = Union[int, Fraction]

PRECISION = 512
MAX_EXPONENT = 512
"""Numbers beyond 2**512 are refused: none is a setting, and past that Terraform prints rounded digits."""
_NUMBER = re.compile(r"([+-]?)(\d{1,2000})?(?:\.(\d{0,2000}))?(?:[eE]([+-]?\d{1,4}))?\Z")


class NotANumber(ValueError):
    """Text or a result that is no number Terraform could hold, or one too large to bother with."""


def rounded(value: Number) -> Number:
    """The nearest number that 512 bits of mantissa hold; raises :class:`NotANumber` when far too large."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return rounded(value.numerator)
        numerator, denominator = value.numerator, value.denominator
    else:
        if value.bit_length() <= PRECISION:
            return value
        numerator, denominator = value, 1
    size = abs(numerator)
    shift = size.bit_length() - denominator.bit_length()
    if abs(shift) > MAX_EXPONENT:
        raise NotANumber("a number is too large or too small")
    if denominator & (denominator - 1) == 0 and size.bit_length() <= PRECISION:
        return value
    scale = PRECISION - shift
    top, bottom = (size << scale, denominator) if scale >= 0 else (size, denominator << -scale)
    mantissa, rest = divmod(top, bottom)
    while mantissa.bit_length() > PRECISION:
        scale -= 1
        bottom <<= 1
        mantissa, rest = divmod(top, bottom)
    if 2 * rest > bottom or (2 * rest == bottom and mantissa & 1):
        mantissa += 1
    nearest = Fraction(mantissa << -scale) if scale < 0 else Fraction(mantissa, 1 << scale)
    nearest = -nearest if numerator < 0 else nearest
    return nearest.numerator if nearest.denominator == 1 else nearest


def parse_number(text: str) -> Number:
    """Read a decimal number; raises :class:`NotANumber`."""
    match = _NUMBER.match(text)
    if match is None or not (match.group(2) or match.group(3)):
        raise NotANumber("a number is required")
    sign, whole, part, exponent = match.groups()
    digits = (whole or "") + (part or "")
    power = int(exponent or 0) - len(part or "")
    if abs(power) > MAX_EXPONENT:
        raise NotANumber("a number is too large or too small")
    value: Number = int(digits)
    value = value * 10**power if power >= 0 else Fraction(value, 10**-power)
    value = rounded(value)
    return -value if sign == "-" else value


def show_number(value: Number) -> str:
    """The shortest decimal text that reads back as this number, without an exponent, as Terraform prints it."""
    if isinstance(value, int):
        return str(value)
    sign = "-" if value < 0 else ""
    size = abs(value)
    exponent = len(str(size.numerator)) - len(str(size.denominator))
    low, high = 1, 160
    while low < high:
        middle = (low + high) // 2
        if _at(size, middle, exponent)[0] == size:
            high = middle
        else:
            low = middle + 1
    _, units, places = _at(size, low, exponent)
    text = str(units)
    if places <= 0:
        return sign + text + "0" * -places
    text = text.rjust(places + 1, "0")
    return sign + (text[:-places] + "." + text[-places:]).rstrip("0").rstrip(".")


def _at(size: Fraction, digits: int, exponent: int) -> tuple[Number, int, int]:
    """The number rounded to so many significant digits: what it reads back as, its units, its decimal places."""
    places = digits - exponent
    units = round(size * Fraction(10) ** places)
    return rounded(Fraction(units) * Fraction(10) ** -places), units, places
