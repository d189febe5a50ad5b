"""What every other room may ask of a tree."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

MAX_FILE_BYTES = 64 * 2**20
"""The most one ``read`` hands out unless the caller asks for less."""
MAX_LINKS = 16


class TreeFault(Exception):
    """A path of a tree cannot be read; ``reason`` is a phrase ("is not in the tree", "is a submodule")."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a tree; folders are not entries.

    ``kind`` ``link``: a symbolic link; ``submodule``: a commit of another repository, which ``commit`` names.
    """

    path: str
    kind: Literal["file", "link", "submodule"]
    executable: bool = False
    commit: str = ""


class Tree(Protocol):
    """A read-only set of files, addressed by clean relative paths with forward slashes."""

    @property
    def label(self) -> str:
        """What a person would call it: a short commit id, "work tree", a folder."""
        ...

    @property
    def disk(self) -> Path | None:
        """The folder on disk, for what was built there and git ignores; None for a commit."""
        ...

    def entries(self) -> Mapping[str, Entry]:
        """Every file by path, links and submodules included, sorted by path. Cheap after the first call."""
        ...

    def key(self, path: str) -> str:
        """The content key of a file, links followed: its git blob id. Raises :class:`TreeFault` like ``read``."""
        ...

    def size(self, path: str) -> int:
        """The bytes of a file, links followed. Raises :class:`TreeFault` like ``read``."""
        ...

    def read(self, path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes, symbolic links followed inside the tree only.

        Raises :class:`TreeFault` when it is absent, a folder, a submodule, over ``limit`` bytes, or when a
        link leaves the tree or loops.
        """
        ...

    def resolve(self, path: str) -> Entry:
        """The entry a path leads to after links (of folders too); raises :class:`TreeFault` like ``read``."""
        ...

    def is_folder(self, path: str) -> bool:
        """Whether a path (links followed) is a folder with at least one file below it; "" is the root."""
        ...

    def folder(self, path: str) -> tuple[str, ...]:
        """Names directly in a folder (files and folders, links not followed), sorted; empty if none."""
        ...


def clean_path(path: str) -> str:
    """A relative path without ``.``, ``..`` or doubled slashes; "" is the tree's root.

    Raises :class:`TreeFault` for an absolute path, one that leaves the tree, or one with a NUL.
    """
    if "\0" in path or path.startswith("/"):
        raise TreeFault(path[:200], "is outside the tree")
    normal = posixpath.normpath(path) if path else ""
    if normal == ".":
        return ""
    if normal == ".." or normal.startswith("../"):
        raise TreeFault(path[:200], "is outside the tree")
    return normal
