"""Files of the same tree, as the filesystem functions read them."""

from __future__ import annotations

import posixpath
import re

from guard.terraform.values import Fault
from guard.trees import Tree, TreeFault

MAX_READ = 8 * 2**20
MAX_FILES = 20_000


class NotInTree(Fault):
    """A file is absent from the tree, as it would be in a fresh checkout."""


class OutOfTree(Fault):
    """A path leads out of the tree: what is there is different on every machine."""


class Files:
    """Reads files relative to a root module's folder; remembers what was read or looked for."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self.tree = tree
        self.folder = folder
        self.touched: set[str] = set()

    def place(self, path: str) -> str:
        """A path as Terraform has it (relative to the root module) as one relative to the tree."""
        if path.startswith(("/", "~")) or "\0" in path:
            raise OutOfTree(f"the path {path[:80]!r} leads out of the tree")
        joined = posixpath.normpath(posixpath.join(self.folder, path))
        if joined.startswith(".."):
            raise OutOfTree(f"the path {path[:80]!r} leads out of the tree")
        return "" if joined == "." else joined

    def read(self, path: str) -> bytes:
        """A file's bytes; raises :class:`NotInTree`."""
        place = self.place(path)
        self.touched.add(place)
        try:
            return self.tree.read(place, limit=MAX_READ)
        except TreeFault as fault:
            raise NotInTree(f"the file {place[:120]} {fault.reason}") from None

    def text(self, path: str) -> str:
        """A file's text; raises :class:`Fault`."""
        try:
            return self.read(path).decode("utf-8")
        except UnicodeDecodeError:
            raise Fault(f"the file {path[:120]} is not UTF-8 text") from None

    def exists(self, path: str) -> bool:
        """Whether a regular file is in the tree; raises :class:`Fault` for a folder."""
        place = self.place(path)
        self.touched.add(place)
        if self.tree.is_folder(place):
            raise Fault(f"{place[:120]} is a folder")
        try:
            self.tree.resolve(place)
        except TreeFault:
            return False
        return True

    def matching(self, folder: str, pattern: str) -> list[str]:
        """Paths below a folder that match a pattern, relative to it."""
        base = self.place(folder)
        start = f"{base}/" if base else ""
        self.touched.add(f"{start}**" if start else "/**")
        matcher = _glob(pattern)
        found = [
            path[len(start) :]
            for path in self.tree.entries()
            if path.startswith(start) and matcher.match(path[len(start) :])
        ]
        if len(found) > MAX_FILES:
            raise Fault(f"fileset() of more than {MAX_FILES:,} files")
        return found


def _glob(pattern: str) -> re.Pattern[str]:
    """``*``, ``**``, ``?``, ``[class]`` and ``{a,b}`` (``github.com/bmatcuk/doublestar``) as a pattern."""
    out: list[str] = []
    braces = at = 0
    pattern = posixpath.normpath(pattern) if pattern else pattern
    if pattern.count("*") > 12 or len(pattern) > 300:
        raise Fault("the pattern of fileset() has too many stars")
    while at < len(pattern):
        sign = pattern[at]
        if pattern.startswith("**/", at):
            out.append("(?:[^/]+/)*")
            at += 3
            continue
        if pattern.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        if sign == "[" and "]" in pattern[at + 1 :]:
            end = pattern.index("]", at + 1)
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[{'^' + inner[1:] if inner[:1] in '!^' else inner}]")
            at = end + 1
            continue
        if sign == "{":
            braces += 1
        elif sign == "}" and braces:
            braces -= 1
            out.append(")")
            at += 1
            continue
        special = {"*": "[^/]*", "?": "[^/]", "{": "(?:"}
        out.append("|" if sign == "," and braces else special.get(sign, re.escape(sign)))
        at += 1
    try:
        return re.compile("".join(out) + r"\Z")
    except re.error:
        raise Fault("the pattern of fileset() is not valid") from None
