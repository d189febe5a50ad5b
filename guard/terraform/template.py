"""Templates: the text of quoted strings, heredocs and template files as expressions.

``${ }`` interpolates, ``%{ if }`` and ``%{ for }`` direct, ``~`` strips white space next to it, ``$${`` and
``%%{`` stand for themselves (Terraform language documentation, "Strings and Templates").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from guard.terraform.prepass import MAX_NESTING, RawTemplate, SyntaxFault, interpolation_end
from guard.terraform.reduce import unescaped
from guard.terraform.syntax import Conditional, Expression, For, Join, Literal, Template

ExpressionReader: TypeAlias = Callable[[str, int], Expression]
"""Reads the text of one expression that starts on a line; raises :class:`SyntaxFault`."""
_PART = re.compile(r"(?P<escape>\$\$\{|%%\{)|(?P<open>[$%]\{)|(?P<backslash>\\.)|\n|[^\\$%\n]+|.", re.DOTALL)
_FOR = re.compile(r"for\s+([^\W\d][\w-]*)\s*(?:,\s*([^\W\d][\w-]*)\s*)?in\b(.*)\Z", re.DOTALL)
_WORD = re.compile(r"([a-z]+)\b(.*)\Z", re.DOTALL)
MAX_PARTS = 200_000


@dataclass(slots=True)
class _Text:
    line: int
    value: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """One ``${ }`` or ``%{ }``: the word that decides (``""`` for an interpolation) and the text after it."""

    line: int
    word: str
    inner: str


def read_template(raw: RawTemplate, read: ExpressionReader) -> Expression:
    """A template as an expression; one that is a single interpolation has the value of its inside."""
    parts = _split(raw)
    if raw.flush:
        _unindent(parts)
    items = _Builder(parts, read).build(raw.line)
    if not items:
        return Literal(raw.line, "")
    if len(items) == 1:
        marks = [part for part in parts if isinstance(part, _Mark)]
        if isinstance(items[0], Literal) and not marks:
            return items[0]
        if len(marks) == 1 and marks[0].word == "" and len(parts) == 1:
            return items[0]
    return Template(raw.line, tuple(items))


def _split(raw: RawTemplate) -> list[_Text | _Mark]:
    """Literal parts (one a line, as Terraform's scanner has them) and marks, ``~`` applied."""
    parts: list[_Text | _Mark] = []
    text, line, at = raw.text, raw.line, 0
    trim, begun = False, 0
    pending: list[str] = []

    def flush() -> None:
        nonlocal trim
        if pending:
            value = "".join(pending)
            value = value if raw.heredoc else unescaped(value, begun)
            parts.append(_Text(begun, value.lstrip() if trim else value))
            pending.clear()
        trim = False

    while at < len(text):
        match = _PART.match(text, at)
        assert match is not None
        at = match.end()
        begun = begun if pending else line
        if len(parts) > MAX_PARTS:
            raise SyntaxFault(line, "a template has too many parts")
        if not match["open"]:
            found = match.group()
            pending.append(found[1:] if match["escape"] else found)
            line += found.count("\n")
            if found == "\n":
                flush()
            continue
        end = interpolation_end(text, at)
        if end < 0:
            raise SyntaxFault(line, f"a template sequence {match.group()} has no end, or nests too deeply")
        flush()
        inner = text[at:end]
        if inner.startswith("~"):
            inner = inner[1:]
            if parts and isinstance(parts[-1], _Text):
                parts[-1].value = parts[-1].value.rstrip()
        stripped = inner.endswith("~")
        inner = inner[:-1] if stripped else inner
        parts.append(_mark(match.group() == "%{", inner, line))
        line += text.count("\n", at, end)
        at, trim = end + 1, stripped
    flush()
    return parts


def _mark(directive: bool, inner: str, line: int) -> _Mark:
    if not directive:
        return _Mark(line, "", inner)
    found = _WORD.match(inner.strip())
    if found is None or found.group(1) not in {"if", "else", "endif", "for", "endfor"}:
        raise SyntaxFault(line, f"an unknown template directive %{{{inner.strip()[:40]}}}")
    return _Mark(line, found.group(1), inner.strip() if found.group(1) == "for" else found.group(2))


def _unindent(parts: list[_Text | _Mark]) -> None:
    """Take the least indentation of all lines from each (``<<-``); blank lines neither count nor change."""
    starts: list[_Text] = []
    fresh = True
    least: int | None = None
    for part in parts:
        if fresh and not (isinstance(part, _Text) and part.value.strip(" \t") == "\n"):
            value = part.value if isinstance(part, _Text) else ""
            blanks = len(value) - len(value.lstrip(" \t"))
            least = blanks if least is None else min(least, blanks)
            if isinstance(part, _Text):
                starts.append(part)
        fresh = isinstance(part, _Text) and part.value.endswith("\n")
    for part in starts:
        part.value = part.value[least or 0 :]


class _Builder:
    """Assembles parts into expressions; directives nest."""

    def __init__(self, parts: list[_Text | _Mark], read: ExpressionReader) -> None:
        self.parts = parts
        self.read = read
        self.at = 0
        self.deep = 0

    def build(self, line: int) -> list[Expression]:
        items, end = self.until()
        if end is not None:
            raise SyntaxFault(end.line, f"%{{{end.word}}} without its beginning")
        return items or [Literal(line, "")]

    def until(self) -> tuple[list[Expression], _Mark | None]:
        """Expressions up to the next ``else``, ``endif`` or ``endfor``, and that mark."""
        items: list[Expression] = []
        while self.at < len(self.parts):
            part = self.parts[self.at]
            self.at += 1
            if isinstance(part, _Text):
                if items and isinstance(items[-1], Literal) and isinstance(items[-1].value, str):
                    items[-1] = Literal(items[-1].line, items[-1].value + part.value)
                elif part.value:
                    items.append(Literal(part.line, part.value))
            elif part.word == "":
                items.append(_kept_apart(self.read(part.inner, part.line)))
            elif part.word in {"if", "for"}:
                items.append(self.directive(part))
            else:
                return items, part
        return items, None

    def directive(self, start: _Mark) -> Expression:
        self.deep += 1
        if self.deep > MAX_NESTING // 4:
            raise SyntaxFault(start.line, "template directives nest too deeply")
        found = self.choice(start) if start.word == "if" else self.loop(start)
        self.deep -= 1
        return found

    def choice(self, start: _Mark) -> Expression:
        condition = self.read(start.inner, start.line)
        yes, end = self.until()
        no: list[Expression] = []
        if end is not None and end.word == "else":
            no, end = self.until()
        if end is None or end.word != "endif":
            raise SyntaxFault(start.line, "%{ if } without its %{ endif }")
        return Conditional(start.line, condition, Template(start.line, tuple(yes)), Template(start.line, tuple(no)))

    def loop(self, start: _Mark) -> Expression:
        found = _FOR.match(start.inner)
        if found is None:
            raise SyntaxFault(start.line, "%{ for } needs a name and a collection")
        one, two, source = found.groups()
        body, end = self.until()
        if end is None or end.word != "endfor":
            raise SyntaxFault(start.line, "%{ for } without its %{ endfor }")
        value = Template(start.line, tuple(body))
        key, item = (one, two) if two else ("", one)
        return Join(start.line, For(start.line, key, item, self.read(source, start.line), None, value, None, False))


def _kept_apart(node: Expression) -> Expression:
    """An interpolated literal, so wrapped that the text around it does not swallow it."""
    return Template(node.line, (node,)) if isinstance(node, Literal) and isinstance(node.value, str) else node
