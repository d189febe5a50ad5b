"""Text in character cells: how wide it is, cutting it in the middle, padding, wrapping."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"


def cell_width(text: str) -> int:
    """Cells a terminal gives the text: wide characters take two, combining marks none (Unicode UAX 11)."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _take(text: str, cells: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += _cells(character)
        if taken > cells:
            return text[:index]
    return text


def cut(text: str, cells: int) -> str:
    """The text in at most ``cells`` cells, its middle left out; the end, which tells names apart, is kept."""
    if cell_width(text) <= cells:
        return text
    if cells < 3:
        return ELLIPSIS[:cells]
    tail = cells // 2
    end = _take(text[::-1], tail)[::-1]
    return _take(text, cells - 1 - cell_width(end)) + ELLIPSIS + end


def pad(text: str, cells: int) -> str:
    """The text followed by blanks up to ``cells``."""
    return text + " " * (cells - cell_width(text))


def wrap(text: str, cells: int) -> list[str]:
    """Lines of at most ``cells`` cells, broken at blanks, or within a word that is longer than a line."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        rest = word
        if line and cell_width(line) + 1 + cell_width(rest) <= cells:
            line += " " + rest
            continue
        if line:
            lines.append(line)
        while cell_width(rest) > cells:
            piece = _take(rest, cells)
            lines.append(piece)
            rest = rest[len(piece) :]
        line = rest
    if line:
        lines.append(line)
    return lines
