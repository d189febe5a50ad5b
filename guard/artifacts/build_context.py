"""The folder an image is built in, and what of it the COPY lines bring into the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from guard.trees import Tree, TreeFault, clean_path

CopyLine = tuple[str, str, str]
"""Stage it copies from ("" is the context), source, destination; a NUL in it marks a folder before a file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Something of the build context that ends up in the image: its path in the tree and in the image."""

    source: str
    target: str


def context_of(tree: Tree, path: str, lines: Sequence[CopyLine]) -> str:
    """The nearest folder at or above the Dockerfile in which everything that is copied exists."""
    sources = [source for origin, source, _ in lines if not origin and "$" not in source]
    plain = [source for source in sources if not any(letter in source for letter in "*?[") and "://" not in source]
    folder = posixpath.dirname(path)
    best, most = folder, -1
    while True:
        there = sum(1 for source in plain if _exists(tree, posixpath.join(folder, source.lstrip("/"))))
        if there > most:
            best, most = folder, there
        if there == len(plain) or not folder:
            return best
        folder = posixpath.dirname(folder)


def _exists(tree: Tree, path: str) -> bool:
    try:
        clean = clean_path(path)
        return tree.is_folder(clean) or bool(tree.resolve(clean))
    except TreeFault:
        return False


def copied(tree: Tree, context: str, lines: Sequence[CopyLine]) -> Iterator[Copy]:
    """What COPY lines bring from the context; sources that leave it or come from elsewhere bring nothing."""
    for origin, source, target in lines:
        if origin or "://" in source:
            continue
        if any(letter in source for letter in "*?["):
            yield from _globbed(tree, context, source, target.partition("\0")[0])
            continue
        try:
            path = clean_path(posixpath.join(context, source.lstrip("/")))
        except TreeFault:
            continue
        folder, mark, base = target.partition("\0")
        # COPY of a folder into a folder copies its content, of a file the file itself.
        inside = folder.rstrip("/") if tree.is_folder(path) or not mark else posixpath.join(folder, base)
        yield Copy(source=path, target=inside or "/")


def _globbed(tree: Tree, context: str, source: str, folder: str) -> Iterator[Copy]:
    parent = posixpath.normpath(posixpath.join(context, posixpath.dirname(source).lstrip("/")))
    parent = "" if parent == "." else parent
    for name in tree.folder(parent):
        if fnmatchcase(name, posixpath.basename(source)):
            path = posixpath.join(parent, name)
            target = folder.rstrip("/") if tree.is_folder(path) else posixpath.join(folder, name)
            yield Copy(source=path, target=target or "/")
