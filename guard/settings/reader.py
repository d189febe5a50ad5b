"""Reading a document that anybody may have written: every fault is collected with its path, none stops the rest."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from guard.units import Quantity, Unit, parse

T = TypeVar("T")

MAX_TEXT = 4_000
MAX_ITEMS = 10_000
MAX_FAULTS = 100
_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """What is wrong at a path such as ``functions[3].memory``; ``line`` (1-based) where it could be found."""

    path: str
    what: str
    line: int | None = None


class Reader:
    """Reads values of a parsed document and keeps every fault; a faulty value reads as its default."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, path: str, what: str) -> None:
        """Note a fault; beyond a hundred they are only counted."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(path=path, what=what))

    def table(self, value: object, path: str, keys: Iterable[str] | None = None) -> Mapping[str, object]:
        """A table; ``keys`` are those it may have (None: any)."""
        if not isinstance(value, dict):
            self.fault(path, f"must be a table, not {kind(value)}")
            return {}
        if len(value) > MAX_ITEMS:
            self.fault(path, f"has more than {MAX_ITEMS:,} keys")
            return {}
        if keys is not None:
            allowed = tuple(keys)
            for key in value:
                if key not in allowed:
                    self.fault(join(path, key), "is no key here" + nearest(key, allowed))
        return value

    def items(self, value: object, path: str) -> list[tuple[str, object]]:
        """The elements of an array, each with its path."""
        if not isinstance(value, list):
            self.fault(path, f"must be an array, not {kind(value)}")
            return []
        if len(value) > MAX_ITEMS:
            self.fault(path, f"has more than {MAX_ITEMS:,} elements")
            return []
        return [(f"{path}[{index}]", item) for index, item in enumerate(value)]

    def text(self, value: object, path: str, default: str = "", *, empty: bool = False) -> str:
        """A text of reasonable length; ``empty``: may be empty."""
        if not isinstance(value, str):
            self.fault(path, f"must be a text in quotes, not {kind(value)}")
            return default
        if not value.strip() and not empty:
            self.fault(path, "must not be empty")
            return default
        if len(value) > MAX_TEXT:
            self.fault(path, f"is longer than {MAX_TEXT:,} characters")
            return default
        return value

    def texts(self, value: object, path: str) -> tuple[str, ...]:
        """An array of texts."""
        return tuple(text for where, item in self.items(value, path) if (text := self.text(item, where)))

    def choice(self, value: object, path: str, choices: Iterable[str], default: str) -> str:
        """One of a few words."""
        words = tuple(choices)
        for word in words:
            if value == word:
                return word
        hint = nearest(value, words, listed=False) if isinstance(value, str) else ""
        self.fault(path, "must be one of " + ", ".join(f'"{word}"' for word in words) + hint)
        return default

    def number(self, value: object, path: str, default: float, *, least: float = 0.0) -> float:
        """A finite number of at least ``least``."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(path, f"must be a number, not {kind(value)}")
            return default
        if not math.isfinite(value):
            self.fault(path, "must be a finite number")
            return default
        if value < least:
            self.fault(path, f"must be at least {least:g}")
            return default
        return float(value)

    def quantity(self, value: object, path: str, unit: Unit | None = None) -> Quantity | None:
        """A number with its unit, ``"16 MB"``; a bare number is a count. None where it is faulty."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.fault(path, f'must be a number with its unit, such as "16 MB", not {kind(value)}')
            return None
        try:
            found = parse(value if isinstance(value, str) else repr(value))
        except ValueError as wrong:
            self.fault(path, str(wrong))
            return None
        if unit is not None and found.unit is not unit:
            self.fault(path, f"is in {name_of(found.unit)}, but must be in {name_of(unit)}")
            return None
        return found

    def day(self, value: object, path: str) -> date | None:
        """A UTC date, as TOML's own date or as ``"YYYY-MM-DD"``."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.fault(path, "must be a date, YYYY-MM-DD")
        return None

    def each(self, value: object, path: str, read: Callable[[object, str], T | None]) -> tuple[T, ...]:
        """The elements of an array, read one by one; faulty ones are left out."""
        found = (read(item, where) for where, item in self.items(value, path))
        return tuple(item for item in found if item is not None)


def parse_toml(data: bytes) -> tuple[Mapping[str, object], Fault | None]:
    """A TOML document, or the fault that keeps it from being one."""
    try:
        return tomllib.loads(data.decode("utf-8")), None
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        return {}, Fault(path="", what="is not UTF-8 text", line=line)
    except tomllib.TOMLDecodeError as wrong:
        found = _AT_LINE.search(str(wrong))
        what = _AT_LINE.sub("", str(wrong)).strip()[:200]
        return {}, Fault(path="", what=f"is not TOML: {what}", line=int(found.group(1)) if found else None)
    except RecursionError:
        return {}, Fault(path="", what="nests too deeply")


def join(path: str, key: str) -> str:
    """``path.key``, with quotes where TOML needs them."""
    shown = key[:80] if _KEY.match(key) else repr(key[:80])
    return f"{path}.{shown}" if path else shown


def nearest(word: str, words: Iterable[str], *, listed: bool = True) -> str:
    """``"; did you mean X?"`` where a known word is near; else (``listed``) the known words, where they are few."""
    candidates = tuple(words)
    near = difflib.get_close_matches(word[:80], candidates, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(candidates)}" if listed and 0 < len(candidates) <= 12 else ""


def name_of(unit: Unit) -> str:
    """A unit's name in a sentence."""
    match unit:
        case Unit.COUNT:
            return "plain numbers"
        case Unit.BYTES:
            return "bytes"
        case Unit.SECONDS:
            return "seconds"
        case _:
            return str(unit.value)


def kind(value: object) -> str:
    """What a value of a TOML document is, in a sentence."""
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case dict():
            return "a table"
        case None:
            return "nothing"
        case _:
            return "a date or time"
