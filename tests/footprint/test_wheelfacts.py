"""Facts of wheels: read once, kept, bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from guard.cache import Cache
from guard.footprint.contents import Sized
from guard.footprint.predict import Request, predict
from guard.footprint.wheelfacts import WheelFacts, contents_of
from guard.model import Unknown
from tests.footprint.worlds import TARGET

FILES = {"a/__init__.py": b"from . import b", "a/b.py": b"import json", "a/never.py": b"", "n.so": b"\x7fELF broken"}


class Counting:
    """A wheel that says what was asked of it; ``fault`` is raised by every read."""

    def __init__(self, files: Mapping[str, bytes], fault: Exception | None = None) -> None:
        self.files = contents_of(files)
        self.fault = fault
        self.asked: list[str] = []

    def names(self) -> Mapping[str, Sized]:
        self.asked.append("names")
        return self.files.names()

    def read(self, name: str, limit: int) -> bytes:
        self.asked.append(name)
        if self.fault:
            raise self.fault
        return self.files.read(name, limit)

    def head(self, name: str, length: int) -> bytes:
        self.asked.append(name)
        return self.files.head(name, length)

    def prefetch(self, names: Iterable[str]) -> None:
        self.asked.append("prefetch")


def side(wheel: Counting, cache: Cache) -> tuple[list[str], tuple[str, ...]]:
    facts = WheelFacts(key="f" * 64, target=TARGET, cache=cache)
    facts.open_later(lambda: wheel)
    facts.list_modules()
    found = predict(Request(statements=("import a", "import n"), wheels={"d": facts}, target=TARGET))
    return [cost.module for cost in found.costs if cost.owner], found.notes


def test_a_warm_prediction_asks_nothing_of_the_wheel(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cold, warm = Counting(FILES), Counting(FILES)
    first = side(cold, cache)
    assert first[0] == ["a", "a.b", "n"]
    assert cold.asked == ["names", "prefetch", "a/__init__.py", "a/b.py", "n.so"]
    assert side(warm, cache)[0] == first[0]
    assert "a/b.py" not in warm.asked


def test_facts_for_another_python_are_kept_apart(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    side(Counting(FILES), cache)
    other = WheelFacts(key="f" * 64, target=type(TARGET)(python=(3, 12)), cache=cache)
    assert not other.cached


def test_a_broken_library_is_said_and_sized(tmp_path: Path) -> None:
    _, notes = side(Counting(FILES), Cache(tmp_path))
    assert any(note.startswith("n.so: ") for note in notes)


@pytest.mark.parametrize("fault", [OSError("reset by peer"), ValueError("bad zip"), MemoryError()])
def test_a_member_that_cannot_be_read_is_said_and_sized(tmp_path: Path, fault: Exception) -> None:
    modules, notes = side(Counting(FILES, fault), Cache(tmp_path))
    assert modules[0] == "a"
    assert any("cannot be read" in note for note in notes)


def test_a_damaged_cache_entry_is_read_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    side(Counting(FILES), cache)
    for entry in tmp_path.rglob("*"):
        if entry.is_file():
            entry.write_text('{"modules": {"a": 3}, "libs": []}')
    assert side(Counting(FILES), cache)[0] == ["a", "a.b", "n"]


def test_a_wheel_without_an_opener_and_without_cache_has_no_modules() -> None:
    facts = WheelFacts(key="", target=TARGET, cache=Cache(None))
    assert not facts.modules
    assert isinstance(facts.segments("x.so", 10), Unknown)
