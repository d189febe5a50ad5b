"""Text in character cells: how wide it is, cutting it in the middle, padding, wrapping."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

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


def cut_apart(texts: Sequence[str], cells: int) -> list[str]:
    """Each text in at most ``cells`` cells; those that would look the same keep what tells them apart."""
    shown = [cut(text, cells) for text in texts]
    alike: dict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(shown):
        alike[text].append(index)
    for group in alike.values():
        names = sorted({texts[index] for index in group})
        if len(names) > 1:
            start = _common(names)
            end = _common([name[start:][::-1] for name in names])
            for index in group:
                shown[index] = _around(texts[index], start, len(texts[index]) - end, cells)
    return shown


def _common(names: Sequence[str]) -> int:
    """How many characters all of them begin with."""
    for index, signs in enumerate(zip(*names, strict=False)):
        if len(set(signs)) > 1:
            return index
    return min(len(name) for name in names)


def _around(text: str, start: int, end: int, cells: int) -> str:
    """The text with ``text[start:end]`` kept, and as much of both its ends as there is room for."""
    middle = cut(text[start:end], max(0, cells - 2))
    room = max(0, cells - 2 - cell_width(middle))
    head = _take(text[:start], room - room // 2)
    tail = _take(text[end:][::-1], room // 2)[::-1]
    before, after = (ELLIPSIS if part != whole else "" for part, whole in ((head, text[:start]), (tail, text[end:])))
    return f"{head}{before}{middle}{after}{tail}".replace(ELLIPSIS * 2, ELLIPSIS)


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
