"""Date functions that do not ask the clock.

Source: Terraform language documentation, "formatdate Function", "timeadd Function", "timecmp Function".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from guard.terraform.functions.registry import standard
from guard.terraform.values import Fault, Value

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|([+-])(\d\d):(\d\d))\Z")
_DURATION = re.compile(r"([+-]?)((?:\d{1,12}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+|0)\Z")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SCALE = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORMAT = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def _stamp(text: str) -> tuple[datetime, int]:
    """The local time and the offset from UTC in minutes."""
    match = _STAMP.match(text)
    if match is None:
        raise Fault(f"{text[:60]!r} is not an RFC 3339 time stamp")
    numbers = [int(part) for part in match.group(1, 2, 3, 4, 5, 6)]
    offset = 0
    if match.group(8) != "Z":
        offset = (int(match.group(10)) * 60 + int(match.group(11))) * (-1 if match.group(9) == "-" else 1)
    try:
        return datetime(*numbers, tzinfo=UTC), offset  # type: ignore[arg-type, misc]  # six numbers, as matched
    except ValueError:
        raise Fault(f"{text[:60]!r} is not an RFC 3339 time stamp") from None


@standard("timeadd", "string", "string", gives="string", present=True)
def time_add(text: str, duration: str) -> Value:
    """A time stamp moved by a duration."""
    at, offset = _stamp(text)
    match = _DURATION.match(duration)
    if match is None:
        raise Fault(f"{duration[:40]!r} is not a duration")
    seconds = sum(float(number) * _SCALE[unit] for number, unit in _PART.findall(match.group(2)))
    try:
        moved = at + timedelta(seconds=-seconds if match.group(1) == "-" else seconds)
    except OverflowError:
        raise Fault("the duration is too long") from None
    zone = (
        "Z"
        if not offset and text.endswith("Z")
        else f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    )
    return moved.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + zone


@standard("timecmp", "string", "string", gives="number", present=True)
def time_compare(one: str, other: str) -> Value:
    """-1, 0 or 1."""
    left, right = (at - timedelta(minutes=offset) for at, offset in (_stamp(one), _stamp(other)))
    return (left > right) - (left < right)


@standard("formatdate", "string", "string", gives="string", present=True)
def format_date(pattern: str, text: str) -> Value:
    """A time stamp written by a pattern."""
    at, offset = _stamp(text)
    out: list[str] = []
    position = 0
    while position < len(pattern):
        match = _FORMAT.match(pattern, position)
        if match is None:
            raise Fault("formatdate(): a quotation has no end")
        position = match.end()
        word = match.group()
        if word.startswith("'"):
            out.append(word[1:-1].replace("''", "'"))
        elif match.group(1):
            out.append(_field(word, at, offset))
        else:
            out.append(word)
    return "".join(out)


def _field(word: str, at: datetime, offset: int) -> str:
    sign, size = "-" if offset < 0 else "+", abs(offset)
    twelve = at.hour % 12 or 12
    fields = {
        "YYYY": f"{at.year:04d}", "YY": f"{at.year % 100:02d}",
        "MMMM": _MONTHS[at.month - 1], "MMM": _MONTHS[at.month - 1][:3], "MM": f"{at.month:02d}", "M": str(at.month),
        "DD": f"{at.day:02d}", "D": str(at.day), "EEEE": _DAYS[at.weekday()], "EEE": _DAYS[at.weekday()][:3],
        "hh": f"{at.hour:02d}", "h": str(at.hour), "HH": f"{twelve:02d}", "H": str(twelve),
        "AA": "AM" if at.hour < 12 else "PM", "aa": "am" if at.hour < 12 else "pm",
        "mm": f"{at.minute:02d}", "m": str(at.minute), "ss": f"{at.second:02d}", "s": str(at.second),
        "ZZZZZ": f"{sign}{size // 60:02d}:{size % 60:02d}", "ZZZZ": f"{sign}{size // 60:02d}{size % 60:02d}",
        "ZZZ": "UTC" if not offset else f"{sign}{size // 60:02d}{size % 60:02d}",
        "Z": "Z" if not offset else f"{sign}{size // 60:02d}:{size % 60:02d}",
    }  # fmt: skip
    if word not in fields:
        raise Fault(f"formatdate(): {word[:20]!r} is no field")
    return fields[word]
