"""What a pull has finished so far, on disk, so that an interrupted one goes on instead of starting again."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from guard.baselines.histogram import Histogram, Window
from guard.baselines.sources import Part
from guard.errors import CannotDecide

VALID_MS = 24 * 60 * 60 * 1_000
"""An interrupted pull is taken up within a day; after that its window would be too old."""


class Journal:
    """A file of finished parts, one a line, each on disk before the next begins. ``path`` None: nothing is kept."""

    def __init__(self, path: Path | None, window: Window, *, now: int) -> None:
        """Take up the file if it is a day old at most, else begin it anew with this window (ms since 1970)."""
        self._path = path
        self._parts: dict[str, dict[str, Any]] = {}
        self.window = window
        kept = _read(path) if path is not None else []
        if kept and isinstance(kept[0], dict) and now - VALID_MS <= _int(kept[0].get("begun")) <= now:
            self.window = Window(start=_int(kept[0].get("start")), end=_int(kept[0].get("end")))
            for line in kept[1:]:
                if isinstance(line, dict) and isinstance(line.get("key"), str):
                    self._parts[line["key"]] = line
        elif path is not None:
            self._append({"begun": now, "start": window.start, "end": window.end}, mode="w")
        self.resumed = len(self._parts)
        """How many parts an earlier run had finished."""

    def done(self, key: str) -> Part | None:
        """The part of this name if an earlier run finished it."""
        line = self._parts.get(key)
        if line is None:
            return None
        try:
            return Part(
                key=key,
                histogram=Histogram.from_json(line["histogram"]),
                anonymous=frozenset(line["anonymous"]),
                split=bool(line["split"]),
                scanned=int(line["scanned"]),
                queries=int(line["queries"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def record(self, part: Part) -> None:
        """Keep a part; a lost one is not kept, so the next run tries it again. ``CannotDecide`` on a full disk."""
        if part.lost or part.key in self._parts:
            return
        line = {
            "key": part.key, "histogram": part.histogram.to_json(), "anonymous": sorted(part.anonymous),
            "split": part.split, "scanned": part.scanned, "queries": part.queries,
        }  # fmt: skip
        self._parts[part.key] = line
        self._append(line, mode="a")

    def finish(self) -> None:
        """The pull is complete and its result is safe: the file is no longer needed."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()

    def _append(self, line: dict[str, Any], *, mode: str) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, mode, encoding="utf-8", opener=_private) as file:
                torn = mode == "a" and _ends(self._path) not in {b"", b"\n"}
                file.write("\n" * torn + json.dumps(line, separators=(",", ":")) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise CannotDecide(
                f"the progress of this pull cannot be kept: {fault.strerror}", where=str(self._path),
                todo="make room, or set GUARD_CACHE_DIR to another folder or to off",
            ) from fault  # fmt: skip


def _ends(path: Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 1))
        return file.read(1)


def _read(path: Path) -> list[object]:
    """The whole lines of the file; the end of one that a killed run was writing is passed over."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found: list[object] = []
    for line in text.split("\n")[:-1]:
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return found


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
