"""Where the store lies on disk: read, and changed under a lock with one atomic replacement.

A reader sees the old file or the new one, never half of one; a writer that dies leaves the old one.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from guard.baselines import store
from guard.baselines.store import Store
from guard.errors import CannotDecide, UsageError
from guard.model import Baseline

LOCK_SECONDS = 30.0
"""How long a writer waits for another; one holds the lock for well under a second."""


def load(path: Path, label: str) -> Store | None:
    """The store in a file, or None where there is no file. Raises ``UsageError`` for one that cannot be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise UsageError(f"cannot be read: {fault.strerror}", where=label, todo="name another file") from fault
    return store.read(data, label)


def change(
    path: Path, label: str, alter: Callable[[Store | None], Sequence[Baseline]], *, source: str, parse: bool = True,
    wait: float = LOCK_SECONDS,
) -> Store:  # fmt: skip
    """Replace the file by what ``alter`` makes of its present store; returns the new store.

    With ``parse`` False the present file is not read and ``alter`` gets None. Raises ``CannotDecide`` when
    another writer keeps the lock or the disk refuses; the old file then stands.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path, label, wait):
            rows = alter(load(path, label) if parse else None)
            data = store.render(rows, source=source)
            _replace(path, data)
    except OSError as fault:
        raise CannotDecide(
            f"cannot be written: {fault.strerror}; the file is as it was",
            where=label,
            todo="make room or name another file",
        ) from fault
    return store.read(data, label)


@contextmanager
def _lock(path: Path, label: str, wait: float) -> Iterator[None]:
    """Held by the kernel on the folder, so that no lock file lies about and a killed writer leaves no lock behind."""
    descriptor = os.open(path.resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise CannotDecide("another guard is writing this file", where=label, todo="try again") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, data: bytes) -> None:
    target = path.resolve()
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o644)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
