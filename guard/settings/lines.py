"""The line of a key in a TOML document, which the standard library's parser does not keep."""

from __future__ import annotations

import re

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]\]?\s*(?:#.*)?\Z")
_ASSIGN = re.compile(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=\s*(.*)\Z")
_FENCES = ('"""', "'''")


class Lines:
    """Finds lines by path (``limits.floor``, ``functions[3].manifest``, ``when[2]``).

    Best effort: for what stands inside an inline table or array it is the line where that begins.
    """

    def __init__(self, text: str) -> None:
        self._text = text.splitlines()
        self._at: dict[str, int] = {}
        self._scan()

    def _scan(self) -> None:
        prefix = ""
        counts: dict[str, int] = {}
        fence = ""
        for number, line in enumerate(self._text, start=1):
            if fence:
                if fence in line:
                    fence = ""
                continue
            header = _TABLE.match(line)
            if header:
                name = _clean(header.group(2))
                if header.group(1) == "[[":
                    counts[name] = counts.get(name, -1) + 1
                    prefix = f"{name}[{counts[name]}]"
                else:
                    prefix = _indexed(name, counts)
                self._at.setdefault(prefix, number)
                continue
            assign = _ASSIGN.match(line)
            if assign:
                key = _clean(assign.group(1))
                self._at.setdefault(f"{prefix}.{key}" if prefix else key, number)
                fence = next((mark for mark in _FENCES if assign.group(2).count(mark) % 2), "")

    def of(self, path: str, element: str = "") -> int | None:
        """The line of a path; of the line after it that holds ``element`` where that is given."""
        found = self._nearest(path)
        if found is None or not element:
            return found
        for number in range(found, min(found + 20_000, len(self._text)) + 1):
            if element in self._text[number - 1]:
                return number
        return found

    def _nearest(self, path: str) -> int | None:
        while path:
            for name in (path, f"{path}[0]"):
                if name in self._at:
                    return self._at[name]
            shorter = max(path.rfind("."), path.rfind("["))
            path = path[: max(shorter, 0)]
        return None


def _clean(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def _indexed(name: str, counts: dict[str, int]) -> str:
    """``functions.limits`` below ``[[functions]]`` as ``functions[N].limits``."""
    parts = name.split(".")
    for size in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:size])
        if head in counts:
            return f"{head}[{counts[head]}]." + ".".join(parts[size:])
    return name
