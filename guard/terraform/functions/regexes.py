"""Regular expressions: Terraform's are RE2, Python's backtrack. Only what means the same in both is run.

Source: ``github.com/google/re2/wiki/Syntax``. A pattern that could take long on its text, or that uses what
Python reads differently, gives an unknown instead of a guess.
"""

from __future__ import annotations

import re

from guard.terraform.functions.registry import standard
from guard.terraform.values import Fault, Obj, Seq, Unk, Value, strings, tuple_of

MAX_WORK = 20_000_000
"""Upper bound of steps a pattern may take: text length to the power of its unbounded repetitions."""
_CLASSES = {
    "alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "lower": "a-z", "upper": "A-Z", "space": r"\t\n\v\f\r ",
    "word": "A-Za-z0-9_", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~", "blank": r"\t ", "ascii": r"\x00-\x7f",
    "cntrl": r"\x00-\x1f\x7f", "graph": "!-~", "print": " -~",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<posix>\[:(?P<not>\^?)(?P<class>[a-z]+):\])|(?P<named>\(\?<(?![=!]))|(?P<odd>\(\?[=!>#]|\(\?<[=!]|\(\?P[=>]|\(\?\()"
    r"|(?P<flags>\(\?[a-zA-Z-]+\))|(?P<scoped>\(\?[a-zA-Z-]+:)|(?P<escape>\\(?:x\{[0-9a-fA-F]{1,6}\}|.))"
    r"|(?P<quantifier>(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})\??)|(?P<possessive>[*+?}]\+)|(?P<group>\()|(?P<end>\))"
    r"|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<dollar>\$)|.",
    re.DOTALL,
)


class NotPortable(Exception):
    """The pattern is not run; the reason is the text."""


def translate(pattern: str, length: int) -> re.Pattern[str]:
    """The Python pattern of the same meaning; raises :class:`Fault` where RE2 refuses, else :class:`NotPortable`.

    ``length``: of the text it will meet, which decides whether it could take too long.
    """
    state = _Translation()
    at = 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        assert match is not None
        at = match.end()
        state.take(match)
    if state.repeats > 1 and max(2, length) ** state.repeats > MAX_WORK:
        raise NotPortable("the regular expression could take very long on this text")
    try:
        return re.compile("".join(state.out), state.flags)
    except (re.error, OverflowError, RecursionError, ValueError) as fault:
        raise Fault(f"the regular expression is not valid: {fault}") from None


class _Translation:
    """The state of one translation. ``groups``: for each open group, whether it repeats something inside."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.inside = False
        self.repeats = 0
        self.groups: list[bool] = []
        self.closed = False
        self.flags: int = re.ASCII

    def take(self, match: re.Match[str]) -> None:
        kind, found = match.lastgroup, match.group()
        if match["posix"]:
            kind = "posix"
        closed, self.closed = self.closed, False
        if kind == "escape":
            self.out.append(_escape(found, self.inside))
        elif self.inside:
            self.in_class(kind, found, match)
        elif kind in {"odd", "possessive"}:
            raise Fault(f"the regular expression uses {found}, which RE2 does not have")
        elif kind == "flags":
            self.flags = _flags(found, self.flags, first=not self.out)
        elif kind in {"named", "scoped", "group"}:
            if kind == "scoped" and any(sign in found for sign in "UL-"):
                raise NotPortable(f"the group {found}")
            self.out.append("(?P<" if kind == "named" else found)
            self.groups.append(False)
        elif kind == "end":
            self.closed = bool(self.groups and self.groups.pop())
            self.out.append(found)
        elif kind == "quantifier":
            self.quantifier(found, closed)
        elif kind in {"open", "posix"}:
            self.inside = True
            self.out.append("[" if kind == "posix" else found[:-1] + "\\]" if found.endswith("]") else found)
        else:
            self.out.append(("$" if self.flags & re.MULTILINE else r"\Z") if kind == "dollar" else found)

    def in_class(self, kind: str | None, found: str, match: re.Match[str]) -> None:
        if kind == "posix":
            if match["class"] not in _CLASSES or match["not"]:
                raise NotPortable(f"the class {found}")
            self.out.append(_CLASSES[match["class"]])
            return
        self.inside = kind != "close"
        self.out.append("\\" + found if found in {"[", "&", "~", "|"} else found)

    def quantifier(self, found: str, closed: bool) -> None:
        """Counts what can repeat; a repetition of repetitions counts as far too many."""
        unbounded = found[0] in "*+" or (found[0] == "{" and len(found) > 3)
        self.repeats += unbounded + (8 if closed and found[0] != "?" else 0)
        if unbounded:
            self.groups = [True] * len(self.groups)
        self.out.append(found)


def _escape(found: str, inside: bool) -> str:
    sign = found[1]
    if sign in "pPQEC" or (sign == "x" and len(found) > 2):
        raise NotPortable(f"the escape {found}")
    if sign in "123456789":
        raise Fault("the regular expression has a back-reference, which RE2 does not have")
    if sign == "z":
        return r"\Z"
    if sign == "Z":
        raise Fault(r"the regular expression has \Z, which RE2 does not have")
    if sign == "s":
        return r"\t\n\f\r " if inside else r"[\t\n\f\r ]"
    if sign == "S":
        if inside:
            raise NotPortable(r"\S within a class")
        return r"[^\t\n\f\r ]"
    return found


def _flags(found: str, flags: int, *, first: bool) -> int:
    if not first:
        raise NotPortable(f"flags in the middle, {found}")
    for sign in found[2:-1]:
        known = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}.get(sign)
        if known is None:
            raise NotPortable(f"the flag {sign}")
        flags |= known
    return flags


def _compiled(pattern: str, text: str) -> re.Pattern[str] | Unk:
    try:
        return translate(pattern, len(text))
    except NotPortable as reason:
        return Unk(f"a regular expression is not evaluated: {reason}")


def _captures(pattern: re.Pattern[str], match: re.Match[str]) -> Value:
    if not pattern.groups:
        return match.group()
    if pattern.groupindex:
        if len(pattern.groupindex) != pattern.groups:
            raise Fault("a regular expression mixes named and unnamed groups")
        return Obj("object", dict(match.groupdict()))
    return tuple_of(list[Value](match.groups()))


@standard("regex", "string", "string")
def regex(pattern: str, text: str) -> Value:
    """The first match."""
    compiled = _compiled(pattern, text)
    if isinstance(compiled, Unk):
        return compiled
    match = compiled.search(text)
    if match is None:
        raise Fault("regex(): the pattern does not match")
    return _captures(compiled, match)


@standard("regexall", "string", "string", present=True)
def regex_all(pattern: str, text: str) -> Value:
    """Every match."""
    compiled = _compiled(pattern, text)
    if isinstance(compiled, Unk):
        return compiled
    found = [_captures(compiled, match) for match in _matches(compiled, text)]
    kind = "string" if not compiled.groups else "any"
    return Seq("list", tuple(found), kind)


def _matches(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Go allows no empty match right after a match; Python does."""
    found: list[re.Match[str]] = []
    for match in pattern.finditer(text):
        if found and not match.group() and found[-1].end() == match.start() and found[-1].group():
            continue
        found.append(match)
    return found


@standard("replace", "string", "string", "string", gives="string", present=True)
def replace(text: str, part: str, new: str) -> Value:
    """A part, or with ``/.../`` a pattern, replaced everywhere."""
    if len(part) < 2 or not part.startswith("/") or not part.endswith("/"):
        return text.replace(part, new)
    compiled = _compiled(part[1:-1], text)
    if isinstance(compiled, Unk):
        return compiled
    out: list[str] = []
    at = 0
    for match in _matches(compiled, text):
        out.append(text[at : match.start()] + _expanded(new, match))
        at = match.end()
    return "".join(out) + text[at:]


_DOLLAR = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


def _expanded(template: str, match: re.Match[str]) -> str:
    """Go's ``Expand``: ``$1``, ``${1}``, ``$name``; a name runs as far as it can; unknown ones are empty."""

    def one(found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2)
        if name is None:
            return "$"
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except IndexError:
            return ""

    return _DOLLAR.sub(one, template)


__all__ = ["regex", "regex_all", "replace", "strings", "translate"]
