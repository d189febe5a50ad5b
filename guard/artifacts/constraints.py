"""Version constraints of Poetry and npm's relatives: caret, tilde, wildcards and alternatives.

Poetry's meaning of ``^1.2`` and ``~1.2`` is its documentation's, "Dependency specification".
"""

from __future__ import annotations

import re

from packaging.specifiers import SpecifierSet
from packaging.version import Version

_PART = re.compile(r"(\^|~=|~|===|==|!=|>=|<=|>|<|=)?\s*v?([0-9][0-9A-Za-z.!+*_-]{0,80}|\*)")


def allows(constraint: str, version: str) -> bool:
    """Whether a version meets a constraint; one that cannot be read admits everything."""
    try:
        release = Version(version)
    except ValueError:
        return True
    for alternative in re.split(r"\|\|?", constraint):
        specifiers = to_specifiers(alternative)
        if specifiers is None or SpecifierSet(specifiers).contains(release, prereleases=True):
            return True
    return False


def to_specifiers(constraint: str) -> str | None:
    """One alternative as PEP 440 specifiers (``^1.2`` is ``>=1.2,<2``); None when it cannot be read."""
    text = constraint.strip()
    if text in {"", "*"}:
        return ""
    parts: list[str] = []
    place = 0
    while place < len(text):
        if text[place] in ", \t":
            place += 1
            continue
        match = _PART.match(text, place)
        if match is None:
            return None
        place = match.end()
        sign, number = match.group(1) or "", match.group(2)
        parts += _part(sign, number)
    joined = ",".join(parts)
    try:
        SpecifierSet(joined)
    except ValueError:
        return None
    return joined


def _part(sign: str, number: str) -> list[str]:
    if number == "*":
        return []
    if sign in {"^", "~"}:
        return [f">={number}", f"<{_next(sign, number)}"]
    if "*" in number and sign in {"", "=", "=="}:
        return [f"=={number}"]
    return [f"{'==' if sign in {'', '='} else sign}{number}"]


def _next(sign: str, number: str) -> str:
    """The first version that a caret or tilde no longer admits."""
    release = [
        int(part) for part in re.findall(r"\d{1,18}", number.split("-", maxsplit=1)[0].split("+", maxsplit=1)[0])[:4]
    ] or [0]
    if sign == "~":
        keep = min(2, len(release))
    else:
        keep = next((place + 1 for place, part in enumerate(release) if part), len(release))
    bumped = release[:keep]
    bumped[-1] += 1
    return ".".join(map(str, bumped))
