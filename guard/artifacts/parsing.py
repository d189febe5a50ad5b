"""Bounded reading of untrusted text, TOML and JSON: every fault becomes an :class:`Unknown` with its place."""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from guard.model import Unknown, Where
from guard.trees import Tree, TreeFault

MAX_MANIFEST_BYTES = 48 * 2**20
"""The largest lock files seen are package-lock.json of monorepos, about 20 MB."""
MAX_PINS = 20_000
_LINE = re.compile(r"line (\d{1,9})")


def text_of(tree: Tree, path: str, *, limit: int = MAX_MANIFEST_BYTES) -> str | Unknown:
    """A file of the tree as text: UTF-8, or UTF-16 with its byte order mark (as pip accepts)."""
    where = Where(path=path)
    try:
        data = tree.read(path, limit=limit)
    except TreeFault as fault:
        return Unknown(reason=fault.reason, where=where)
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        return Unknown(
            reason=f"is not valid {encoding.removesuffix('-sig').upper()}", where=Where(path=path, line=line)
        )
    if text.startswith("version https://git-lfs.github.com/spec/"):
        return Unknown(reason="is a Git LFS pointer; its content is not in the tree", where=where)
    return text


def toml_of(tree: Tree, path: str) -> Mapping[str, object] | Unknown:
    """A TOML file of the tree as plain data."""
    text = text_of(tree, path)
    return text if isinstance(text, Unknown) else parse_toml(text, path)


def parse_toml(text: str, path: str) -> Mapping[str, object] | Unknown:
    """TOML text as plain data; nesting and integers beyond what Python parses are faults of the file."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        return Unknown(reason="nests too deeply to be read", where=Where(path=path))
    except (ValueError, OverflowError) as fault:
        match = _LINE.search(str(fault))
        line = int(match.group(1)) if match else None
        return Unknown(reason=f"is not valid TOML: {str(fault)[:120]}", where=Where(path=path, line=line))


def json_of(tree: Tree, path: str) -> Mapping[str, object] | Unknown:
    """A JSON object of the tree as plain data."""
    text = text_of(tree, path)
    return text if isinstance(text, Unknown) else parse_json(text, path)


def parse_json(text: str, path: str) -> Mapping[str, object] | Unknown:
    """JSON text whose top is an object, as plain data."""
    try:
        value = json.loads(text)
    except RecursionError:
        return Unknown(reason="nests too deeply to be read", where=Where(path=path))
    except ValueError as fault:
        line = getattr(fault, "lineno", None)
        return Unknown(reason=f"is not valid JSON: {str(fault)[:120]}", where=Where(path=path, line=line))
    if not isinstance(value, dict):
        return Unknown(reason="is not a JSON object", where=Where(path=path))
    return value


def table(value: object, key: str) -> Mapping[str, object]:
    """The table under a key, empty if there is none."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def tables(value: object, key: str) -> Iterator[Mapping[str, object]]:
    """The tables of a list under a key; anything else in it is skipped."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(inner, Sequence) and not isinstance(inner, str | bytes):
        for item in inner:
            if isinstance(item, Mapping):
                yield item


def text_in(value: object, key: str) -> str:
    """The string under a key, "" if there is none."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, str) else ""


def texts_in(value: object, key: str) -> tuple[str, ...]:
    """The strings of a list under a key (or a single string)."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(inner, str):
        return (inner,)
    if isinstance(inner, Sequence):
        return tuple(item for item in inner if isinstance(item, str))
    return ()


def block_lines(text: str, header: str, key: str = "name") -> dict[str, int]:
    """Line of the first ``key = "VALUE"`` after each ``header`` line of a TOML text, by value."""
    lines: dict[str, int] = {}
    pattern = re.compile(rf'{re.escape(key)}\s*=\s*["\']([^"\']{{1,200}})["\']')
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() == header:
            inside = True
        elif inside and (match := pattern.match(line)):
            lines.setdefault(match.group(1), number)
            inside = False
    return lines
