"""A growth in words and as ``guard.footprint/1``."""

from __future__ import annotations

import json
from typing import Any

from guard.model import Growth, Maybe, Unknown
from guard.units import MB, show_mb
from guard.untrusted import plain

SCHEMA = "guard.footprint/1"


def to_plain(growth: Growth) -> dict[str, Any]:
    """The document's fields. ``lazy_mb`` is the whole if every reachable function body ran."""
    return {
        "method": growth.method,
        "expected_mb": _value(growth.expected),
        "upper_mb": _value(growth.upper),
        "lazy_mb": _value(_whole(growth)),
        "attribution": [{"name": name, "mb": round(size, 3)} for name, size in growth.attribution],
        "notes": list(growth.notes),
    }


def as_json(growth: Growth) -> str:
    """One document."""
    return json.dumps({"schema": SCHEMA, **to_plain(growth)}, indent=2, ensure_ascii=False)


def as_text(growth: Growth, title: str = "") -> str:
    """For people: the number, its bound, what brings it."""
    head = f"{plain(title)}  " if title else ""
    if isinstance(growth.expected, Unknown) or isinstance(growth.upper, Unknown):
        why = growth.expected if isinstance(growth.expected, Unknown) else growth.upper
        assert isinstance(why, Unknown)
        return f"{head}unknown: {plain(why.reason)}"
    bound = f"at most {show_mb(growth.upper, signed=True)}, 95 %; {growth.method}"
    lines = [f"{head}{show_mb(growth.expected, signed=True)} at cold start ({bound})"]
    width = max((len(plain(name)) for name, _ in growth.attribution), default=0)
    lines += [f"  {plain(name):<{width}}  {show_mb(size, signed=True)}" for name, size in growth.attribution[:12]]
    if len(growth.attribution) > 12:
        lines.append(f"  and {len(growth.attribution) - 12} more")
    whole = _whole(growth)
    if not isinstance(whole, Unknown) and abs(whole - growth.expected) >= 0.5:
        lines.append(f"  {show_mb(whole, signed=True)} if every function body that imports ran")
    lines += [f"  note: {plain(note)}" for note in growth.notes]
    return "\n".join(lines)


def _whole(growth: Growth) -> Maybe[MB]:
    if isinstance(growth.expected, Unknown) or isinstance(growth.lazy, Unknown):
        return growth.expected if isinstance(growth.expected, Unknown) else growth.lazy
    return MB(growth.expected + growth.lazy)


def _value(size: Maybe[MB]) -> object:
    return {"unknown": size.reason} if isinstance(size, Unknown) else round(size, 3)
