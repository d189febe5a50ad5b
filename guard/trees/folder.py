"""A folder on disk as a tree, for a root module outside any repository."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from guard.errors import CannotDecide
from guard.trees.listed import ListedTree, too_large
from guard.trees.protocol import Entry, TreeFault

MAX_FILES = 400_000
"""More files than this are not listed: a folder that large is a mistake or an attack."""


class FolderTree(ListedTree):
    """Every file below a folder but ``.git``; symbolic links are followed inside it only."""

    def __init__(self, root: Path, *, label: str = "") -> None:
        super().__init__()
        self._root = root.resolve()
        self._label = label or str(root)

    @property
    def label(self) -> str:
        """The folder."""
        return self._label

    @property
    def disk(self) -> Path | None:
        """The folder."""
        return self._root

    def _list(self) -> list[Entry]:
        found: list[Entry] = []
        stack = [""]
        while stack:
            folder = stack.pop()
            try:
                with os.scandir(self._root / folder) as listing:
                    items = list(listing)
            except OSError:
                continue
            for item in items:
                path = f"{folder}/{item.name}" if folder else item.name
                if item.is_symlink():
                    found.append(Entry(path=path, kind="link"))
                elif item.is_dir(follow_symlinks=False):
                    if item.name != ".git":
                        stack.append(path)
                elif item.is_file(follow_symlinks=False):
                    found.append(Entry(path=path, kind="file"))
                if len(found) > MAX_FILES:
                    raise CannotDecide(
                        f"more than {MAX_FILES:,} files", where=str(self._root), todo="name a smaller folder"
                    )
        return found

    def _load(self, entry: Entry, limit: int) -> bytes:
        return load_from_disk(self._root, entry, limit)

    def _size(self, entry: Entry) -> int:
        try:
            return os.lstat(self._root / entry.path).st_size
        except OSError as fault:
            raise TreeFault(entry.path, f"cannot be read: {fault.strerror}") from None

    def _key(self, entry: Entry) -> str:
        return blob_id(self._load(entry, 2**31))


def load_from_disk(root: Path, entry: Entry, limit: int) -> bytes:
    """An entry's bytes from a folder; refuses special files, links in its own path and sizes over ``limit``."""
    path = root / entry.path
    try:
        if entry.kind == "link":
            return os.fsencode(os.readlink(path))
        if any(parent.is_symlink() for parent in path.parents if parent != root and root in parent.parents):
            raise TreeFault(entry.path, "leads out of the tree through a symbolic link")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise TreeFault(entry.path, "is not a regular file")
            data = file.read(limit + 1)
    except OSError as fault:
        raise TreeFault(entry.path, f"cannot be read: {fault.strerror}") from None
    if len(data) > limit:
        raise too_large(entry.path, limit)
    return data


def blob_id(data: bytes) -> str:
    """The id git gives to these bytes as a blob (SHA-1 object format)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
