"""Names of modules that a program makes while running, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, TypeAlias

from guard.footprint.conditions import dotted

Op: TypeAlias = list[Any]


def dynamic_import(name: str) -> Op:
    """``import_module("name")`` as an operation."""
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    return ["f", level, bare, []] if level else ["i", bare]


def dynamic_walk(node: ast.expr) -> Op:
    """An import of a name made while running: the package it starts from, as far as the text says."""
    prefix = ""
    if isinstance(node, ast.BinOp):
        node = ast.JoinedStr(values=[node.left])
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            prefix = first.value
        elif isinstance(first, ast.FormattedValue) and dotted(first.value) in {"__name__", "__package__"}:
            prefix = "."
    bare = prefix.lstrip(".").rpartition(".")[0]
    return ["w", len(prefix) - len(prefix.lstrip(".")), bare]


def literal_text(node: ast.expr, names: Mapping[str, str]) -> str:
    """The string an expression makes of literals, known names and ``__name__`` (as a leading dot)."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = literal_text(left, names), literal_text(right, names)
            if dotted(left) in {"__name__", "__package__"} and second.startswith("."):
                return second
            return first + second if first and second else ""
        case ast.JoinedStr(values=values):
            parts = []
            for place, piece in enumerate(values):
                inner = piece.value if isinstance(piece, ast.FormattedValue) else piece
                if place == 0 and isinstance(inner, ast.Name) and inner.id in {"__name__", "__package__"}:
                    parts.append("")
                    continue
                part = literal_text(inner, names)
                if not part:
                    return ""
                parts.append(part)
            return "".join(parts)
        case _:
            return ""
