"""Units: megabytes, bytes, seconds, shares, days, dollars. Types, conversion, parsing, printing.

This is the only module in which 1024 or 1,000,000 is written. A "MB" everywhere in guard is
2**20 bytes, as in Lambda's ``memory_size`` and ``Max Memory Used`` (AWS Lambda developer guide,
"Configure Lambda function memory"). CloudWatch Logs Insights' memory fields are decimal and are
converted at the edge with :func:`mb_from_insights`.
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass
from typing import NewType

MB = NewType("MB", float)
"""Memory in MB of 2**20 bytes."""
Bytes = NewType("Bytes", int)
Seconds = NewType("Seconds", float)
Share = NewType("Share", float)
"""A fraction: 0.1 is 10 %."""
USD = NewType("USD", float)

_BYTES_PER_KB = 1024
_BYTES_PER_MB = 1024 * 1024
_BYTES_PER_GB = 1024 * 1024 * 1024
_INSIGHTS_BYTES_PER_MB = 1_000_000
_MS_PER_SECOND = 1_000
_SECONDS_PER_DAY = 86_400
_INVOCATIONS_PER_MILLION = 1_000_000


class Unit(enum.Enum):
    """The unit of a quantity; the value is how it is printed after a number."""

    MB = "MB"
    BYTES = "B"
    SECONDS = "s"
    SHARE = "%"
    COUNT = ""
    DAYS = "days"
    USD = "USD"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit. ``value`` is in the unit's base: MB, bytes, seconds, a fraction, days."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        return show(self.value, self.unit)


_SCALE: dict[str, tuple[float, Unit]] = {
    "": (1, Unit.COUNT),
    "B": (1, Unit.BYTES),
    "KB": (_BYTES_PER_KB, Unit.BYTES),
    "MB": (1, Unit.MB),
    "GB": (_BYTES_PER_MB / _BYTES_PER_KB, Unit.MB),
    "ms": (1 / _MS_PER_SECOND, Unit.SECONDS),
    "s": (1, Unit.SECONDS),
    "min": (60, Unit.SECONDS),
    "h": (3600, Unit.SECONDS),
    "day": (1, Unit.DAYS),
    "days": (1, Unit.DAYS),
    "%": (0.01, Unit.SHARE),
    "USD": (1, Unit.USD),
}
_QUANTITY = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z%]{0,4})\s*\Z")


def parse(text: str) -> Quantity:
    """Read ``"16 MB"``, ``"10 %"``, ``"30 days"``, ``"840 s"`` or ``"50"`` (a count).

    Raises ``ValueError`` with the units it knows when the text is none of these.
    """
    match = _QUANTITY.match(text)
    scale = _SCALE.get(match.group(2)) if match else None
    if match is None or scale is None:
        known = ", ".join(name for name in _SCALE if name)
        raise ValueError(f"{text[:60]!r} is not a number with a unit ({known}, or none for a count)")
    return Quantity(value=float(match.group(1)) * scale[0], unit=scale[1])


def mb_from_bytes(size: int) -> MB:
    """Bytes to MB of 2**20 bytes."""
    return MB(size / _BYTES_PER_MB)


def mb_from_kb(size: float) -> MB:
    """KB of 2**10 bytes (as the kernel reports resident memory) to MB."""
    return MB(size / _BYTES_PER_KB)


def kb_from_bytes(size: float) -> float:
    """Bytes to KB of 2**10 bytes."""
    return size / _BYTES_PER_KB


def bytes_from_mb(size: float) -> Bytes:
    """MB of 2**20 bytes to whole bytes, rounded to nearest."""
    return Bytes(round(size * _BYTES_PER_MB))


def mb_from_insights(raw: float) -> MB:
    """A memory field of a Logs Insights row (``@maxMemoryUsed`` in decimal bytes) to Lambda's MB.

    Real rows show ``@memorySize "512000000"`` for a 512 MB function: Insights multiplies
    the integer MB of the REPORT line by one million.
    """
    return MB(raw / _INSIGHTS_BYTES_PER_MB)


def decimal_gigabytes(size: float) -> float:
    """Bytes to GB of 10**9 bytes, in which AWS bills the logs that a query scans."""
    return size / _INSIGHTS_BYTES_PER_MB / 1_000


def seconds_from_ms(duration: float) -> Seconds:
    """Milliseconds to seconds."""
    return Seconds(duration / _MS_PER_SECOND)


def ms_from_seconds(duration: float) -> int:
    """Seconds to whole milliseconds (CloudWatch timestamps)."""
    return round(duration * _MS_PER_SECOND)


def days_from_seconds(duration: float) -> float:
    """Seconds to days of 86,400 s."""
    return duration / _SECONDS_PER_DAY


def seconds_from_days(days: float) -> Seconds:
    """Days of 86,400 s to seconds."""
    return Seconds(days * _SECONDS_PER_DAY)


def gb_seconds(memory: float, billed: float) -> float:
    """GB-seconds billed for ``billed`` seconds at ``memory`` MB (Lambda's GB is 1,024 MB)."""
    return memory / _BYTES_PER_KB * billed


def millions(count: float) -> float:
    """A count as millions (Lambda's request price is per million)."""
    return count / _INVOCATIONS_PER_MILLION


def is_bytes(count: float) -> bool:
    """Whether a number is a whole, non-negative number of bytes."""
    return math.isfinite(count) and count >= 0 and count == int(count)


def show_mb(size: float, *, signed: bool = False, digits: int = 1) -> str:
    """``"+10.9 MB"``; whole numbers lose their decimals: ``"128 MB"``."""
    return f"{number(size, signed=signed, digits=digits)} MB"


def number(value: float, *, signed: bool = False, digits: int = 1) -> str:
    """A number for people: rounded, no trailing ``.0``, a true minus is left as ASCII ``-``."""
    rounded = round(value, digits) + 0.0
    text = f"{rounded:.{digits}f}"
    if digits and text.endswith("." + "0" * digits):
        text = text[: -digits - 1]
    if text in {"-0", ""}:
        text = "0"
    if signed and rounded > 0:
        text = "+" + text
    return text


def show_bytes(size: int) -> str:
    """``"1.5 MB"``, ``"20 kB"`` or ``"300 B"`` with binary multiples, as ``ls -h`` prints them."""
    if abs(size) >= _BYTES_PER_GB:
        return f"{number(size / _BYTES_PER_GB, digits=2)} GB"
    if abs(size) >= _BYTES_PER_MB:
        return f"{number(size / _BYTES_PER_MB)} MB"
    if abs(size) >= _BYTES_PER_KB:
        return f"{number(size / _BYTES_PER_KB)} kB"
    return f"{size} B"


def show(value: float, unit: Unit) -> str:
    """A value in its unit, for people."""
    match unit:
        case Unit.MB:
            return show_mb(value)
        case Unit.BYTES:
            return show_bytes(int(value))
        case Unit.SECONDS:
            return f"{number(value, digits=3)} s"
        case Unit.SHARE:
            return f"{number(value * 100)} %"
        case Unit.COUNT:
            return number(value, digits=2)
        case Unit.DAYS:
            return f"{number(value)} days"
        case Unit.USD:
            return f"${value:,.2f}"
        case Unit.FLAG:
            return "yes" if value else "no"
