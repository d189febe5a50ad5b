"""Where the store lies on disk: read, and changed under a lock with one atomic replacement.

A reader sees the old file or the new one, never half of one; a writer that dies leaves the old one.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from guard.baselines import store
from guard.baselines.store import Store
from guard.errors import CannotDecide, UsageError
from guard.model import Baseline

LOCK_SECONDS = 30.0
"""How long a writer waits for another; one holds the lock for well under a second."""


class Place(Protocol):
    """Where a store lies."""

    def load(self) -> Store | None:
        """The store, or None where there is none. Raises ``UsageError`` for one that cannot be read."""
        ...

    def change(self, alter: Callable[[Store | None], Sequence[Baseline]], *, source: str, parse: bool = True) -> Store:
        """Replace the store by what ``alter`` makes of the present one; returns the new store.

        With ``parse`` False the present one is not read and ``alter`` gets None. Raises ``CannotDecide`` when
        it cannot be written; the old one then stands.
        """
        ...


def place(name: str, *, cwd: Path, environ: Mapping[str, str]) -> Place:
    """The place of this name: a file, or ``s3://bucket/key``. Raises ``UsageError`` for another URL."""
    if name.startswith("s3://"):
        from guard.baselines.aws.s3 import S3Place  # noqa: PLC0415 - boto3 is an extra
        from guard.baselines.aws.session import Account  # noqa: PLC0415

        return S3Place(name, Account(environ=environ))
    if "://" in name:
        raise UsageError("is no file and no s3:// URL", where=name, todo="name a file or s3://bucket/key.jsonl")
    return FilePlace(cwd / name, name)


class FilePlace:
    """A file. ``label`` is its name for people; ``wait`` how many seconds to wait for another writer."""

    def __init__(self, path: Path, label: str, *, wait: float = LOCK_SECONDS) -> None:
        self._path = path
        self._label = label
        self._wait = wait

    def load(self) -> Store | None:
        """See :class:`Place`."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise UsageError(f"cannot be read: {fault.strerror}", where=self._label, todo="name another") from fault
        return store.read(data, self._label)

    def change(self, alter: Callable[[Store | None], Sequence[Baseline]], *, source: str, parse: bool = True) -> Store:
        """See :class:`Place`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with _lock(self._path, self._label, self._wait):
                data = store.render(alter(self.load() if parse else None), source=source)
                _replace(self._path, data)
        except OSError as fault:
            raise CannotDecide(
                f"cannot be written: {fault.strerror}; the file is as it was",
                where=self._label, todo="make room or name another file",
            ) from fault  # fmt: skip
        return store.read(data, self._label)


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
