"""The edit that cures a finding which more memory can cure: one line of Terraform or tfvars, nothing else of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from guard.model import Fix, Function, MemorySetting, Where
from guard.trees.protocol import Tree, TreeFault
from guard.units import MB, show_mb

LineOf = Callable[[Where], "str | None"]
"""The text of a line of the head tree without its line end; None where it cannot be read."""

_MAX_BYTES = 4 * 2**20
_INDENT = re.compile(r"[ \t]*")


def line_reader(tree: Tree) -> LineOf:
    """Reads lines of a tree, each file once."""
    files: dict[str, list[str]] = {}

    def line_of(where: Where) -> str | None:
        if where.line is None:
            return None
        if where.path not in files:
            try:
                text = tree.read(where.path, limit=_MAX_BYTES).decode("utf-8")
            except (TreeFault, UnicodeDecodeError):
                text = ""
            files[where.path] = text.split("\n")
        lines = files[where.path]
        return lines[where.line - 1].removesuffix("\r") if 0 < where.line <= len(lines) else None

    return line_of


def memory_fix(function: Function, memory: MB, line_of: LineOf) -> Fix | None:
    """The edit that sets a function's memory; its ``replacement`` is "" where the line must be written by hand.

    None where no place is known.
    """
    setting = function.memory
    if setting.where is None or setting.origin == "plan":
        return None
    line = line_of(setting.where)
    replacement = new_line(setting, line, memory) if line is not None else None
    return Fix(
        where=setting.where,
        replacement=replacement or "",
        memory=memory,
        summary=f"memory_size = {memory:.0f} ({show_mb(memory)})",
    )


def new_line(setting: MemorySetting, line: str, memory: MB) -> str | None:
    """The line with the deciding number replaced, every other character kept; None where it is not that simple."""
    if setting.origin == "default":
        return _inserted(line, memory)
    if not isinstance(setting.value, int):
        return None
    code = _without_comment(line)
    literal = re.compile(rf"(?<![\w.\"\[-]){setting.value}(?![\w.\]])|(?<=\"){setting.value}(?=\")")
    found = list(literal.finditer(code))
    if len(found) > 1:
        found = [match for match in found if re.search(r"memory\w*\"?\s*[=:]\s*\"?\Z", code[: match.start()])]
    if len(found) != 1:
        return None
    start, end = found[0].span()
    return f"{line[:start]}{memory:.0f}{line[end:]}"


def _inserted(line: str, memory: MB) -> str | None:
    """A block's opening line and, below it, the setting it lacked."""
    code = _without_comment(line).rstrip()
    if not code.endswith("{"):
        return None
    indent = _INDENT.match(line)
    return f"{line}\n{indent.group() if indent else ''}  memory_size = {memory:.0f}"


def _without_comment(line: str) -> str:
    """The line up to its comment; quotes are respected."""
    quoted = False
    for index, letter in enumerate(line):
        if letter == '"' and (index == 0 or line[index - 1] != "\\"):
            quoted = not quoted
        elif not quoted and (letter == "#" or line.startswith("//", index)):
            return line[:index]
    return line
