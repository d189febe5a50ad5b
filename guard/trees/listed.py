"""What every tree shares: folders and symbolic links resolved over a listing of files."""

from __future__ import annotations

import posixpath
from abc import ABC, abstractmethod
from collections.abc import Mapping

from guard.trees.protocol import MAX_FILE_BYTES, MAX_LINKS, Entry, TreeFault, clean_path


class ListedTree(ABC):
    """A tree whose files are listed once; subclasses list, size and load them."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] | None = None
        self._folders: dict[str, set[str]] = {}

    @abstractmethod
    def _list(self) -> list[Entry]:
        """Every file, in any order."""

    @abstractmethod
    def _load(self, entry: Entry, limit: int) -> bytes:
        """The bytes of an entry of kind ``file`` or the text of a ``link``; TreeFault when over ``limit``."""

    @abstractmethod
    def _size(self, entry: Entry) -> int:
        """The bytes of an entry of kind ``file``."""

    @abstractmethod
    def _key(self, entry: Entry) -> str:
        """The git blob id of an entry of kind ``file``."""

    def entries(self) -> Mapping[str, Entry]:
        """Every file by path, sorted."""
        if self._entries is None:
            listed = sorted(self._list(), key=lambda entry: entry.path)
            self._entries = {entry.path: entry for entry in listed}
            for path in self._entries:
                self._add_parents(path)
        return self._entries

    def _add_parents(self, path: str) -> None:
        child = path
        while child:
            parent = posixpath.dirname(child)
            names = self._folders.setdefault(parent, set())
            name = posixpath.basename(child)
            if name in names:
                return
            names.add(name)
            child = parent

    def _follow(self, path: str) -> str:
        """A clean path with every symbolic link along it resolved, whether or not it exists."""
        entries = self.entries()
        parts = clean_path(path).split("/")
        done = ""
        links = 0
        while parts:
            part = parts.pop(0)
            if part in {"", "."}:
                continue
            if part == "..":
                if not done:
                    raise TreeFault(path[:200], "leads out of the tree through a symbolic link")
                done = posixpath.dirname(done)
                continue
            here = f"{done}/{part}" if done else part
            entry = entries.get(here)
            if entry is None or entry.kind != "link":
                done = here
                continue
            links += 1
            if links > MAX_LINKS:
                raise TreeFault(path[:200], "is a symbolic link in a loop")
            target = self._load(entry, 4096).decode("utf-8", "surrogateescape")
            if target.startswith("/") or "\0" in target:
                raise TreeFault(path[:200], "leads out of the tree through a symbolic link")
            parts = target.split("/") + parts
        return done

    def resolve(self, path: str) -> Entry:
        """The file a path leads to after links."""
        real = self._follow(path)
        entry = self.entries().get(real)
        if entry is None:
            raise TreeFault(path[:200], "is a folder" if real in self._folders else "is not in the tree")
        if entry.kind == "submodule":
            raise TreeFault(path[:200], "is a submodule, whose files are in another repository")
        return entry

    def read(self, path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes."""
        return self._load(self.resolve(path), limit)

    def key(self, path: str) -> str:
        """A file's content key."""
        return self._key(self.resolve(path))

    def size(self, path: str) -> int:
        """A file's bytes, counted."""
        return self._size(self.resolve(path))

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder."""
        self.entries()
        try:
            return self._follow(path) in self._folders
        except TreeFault:
            return False

    def folder(self, path: str) -> tuple[str, ...]:
        """The names in a folder."""
        self.entries()
        try:
            return tuple(sorted(self._folders.get(self._follow(path), ())))
        except TreeFault:
            return ()


def too_large(path: str, limit: int) -> TreeFault:
    """The fault of a file over its limit."""
    return TreeFault(path[:200], f"is larger than {limit:,} bytes")
