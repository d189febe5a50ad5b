"""Files of a tree as bodies: parsed once per content, kept by content key."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from guard.cache import Cache, digest
from guard.model import Where
from guard.terraform import jsonfile
from guard.terraform.prepass import RawTemplate, Statement, SyntaxFault, statements
from guard.terraform.reduce import Tree as LarkTree
from guard.terraform.reduce import reduce_tree
from guard.terraform.syntax import SHAPE, Attribute, Block, Body, Expression, Parens, decode, encode
from guard.terraform.template import read_template
from guard.trees import Tree, TreeFault

MAX_HCL_BYTES = 4 * 2**20
"""A larger file is not read: python-hcl2 needs three seconds for 1 MB. The largest of 2,301 public files has 0.2 MB."""
MAX_JSON_BYTES = 32 * 2**20
MAX_FAULTS = 20
WORTH_PROCESSES = 2**20
"""Bytes to parse (about three seconds) from which starting processes pays."""
MAX_PROCESSES = 16
_KIND = f"terraform-file-{SHAPE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A statement or file that could not be read."""

    where: Where
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One configuration file: what could be read of it, and the faults of the rest."""

    path: str
    body: Body
    faults: tuple[Fault, ...] = ()


class Reader:
    """Reads the configuration files of trees; equal content is parsed once, now and in later runs."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._bodies: dict[str, tuple[Body, tuple[tuple[int, str], ...]]] = {}

    def file(self, tree: Tree, path: str) -> File:
        """A ``.tf``, ``.tfvars``, ``.hcl`` or ``.json`` file of the tree. Never raises for its content."""
        limit = MAX_JSON_BYTES if path.endswith(".json") else MAX_HCL_BYTES
        try:
            if tree.size(path) > limit:
                return _unreadable(path, f"the file is larger than {limit:,} bytes, which is too large to be read")
            kind = "json" if path.endswith(".json") else "hcl"
            key = f"{kind}-{tree.key(path)}"
            if key not in self._bodies:
                self._bodies[key] = self._parsed(key, lambda: tree.read(path, limit=limit))
        except TreeFault as fault:
            return _unreadable(path, f"the file {fault.reason}")
        body, faults = self._bodies[key]
        found = tuple(Fault(where=Where(path=path, line=line), reason=reason) for line, reason in faults)
        return File(path=path, body=body, faults=found)

    def prepare(self, tree: Tree, paths: Sequence[str]) -> None:
        """Parse what is neither kept nor parsed yet in several processes, when that is worth starting them."""
        waiting: dict[str, bytes] = {}
        for path in dict.fromkeys(paths):
            key = self._waiting(tree, path)
            if key and key not in waiting:
                try:
                    waiting[key] = tree.read(path, limit=MAX_HCL_BYTES)
                except TreeFault:
                    continue
        if sum(map(len, waiting.values())) < WORTH_PROCESSES or (os.cpu_count() or 1) < 2:
            return
        for key, kept in parsed_in_parallel(waiting).items():
            found = _decoded(kept)
            if found is not None:
                self._bodies[key] = found
                self._cache.put(_KIND, key, kept)

    def _waiting(self, tree: Tree, path: str) -> str:
        """The key of a native file that has to be parsed; "" for one that is kept or cannot be read."""
        if path.endswith(".json"):
            return ""
        try:
            key = f"hcl-{tree.key(path)}"
            if tree.size(path) > MAX_HCL_BYTES or key in self._bodies:
                return ""
        except TreeFault:
            return ""
        found = _decoded(self._cache.get(_KIND, key))
        if found is None:
            return key
        self._bodies[key] = found
        return ""

    def text(self, path: str, data: bytes) -> File:
        """A file that is not of the tree, from its bytes."""
        key = f"{'json' if path.endswith('.json') else 'hcl'}-text-{digest(data)}"
        if key not in self._bodies:
            self._bodies[key] = self._parsed(key, lambda: data)
        body, faults = self._bodies[key]
        found = tuple(Fault(where=Where(path=path, line=line), reason=reason) for line, reason in faults)
        return File(path=path, body=body, faults=found)

    def _parsed(self, key: str, read: Callable[[], bytes]) -> tuple[Body, tuple[tuple[int, str], ...]]:
        found = _decoded(self._cache.get(_KIND, key))
        if found is not None:
            return found
        data = read()
        body, faults = parse_json(data) if key.startswith("json") else parse_hcl(data)
        try:
            self._cache.put(_KIND, key, kept_form(body, faults))
        except (RecursionError, ValueError):
            return body, faults
        return body, faults


Parsed: TypeAlias = tuple[Body, tuple[tuple[int, str], ...]]


def kept_form(body: Body, faults: Iterable[tuple[int, str]]) -> dict[str, object]:
    """A parsed file as the cache has it."""
    return {"body": encode(body), "faults": [list(fault) for fault in faults]}


def _decoded(kept: object) -> Parsed | None:
    """A parsed file from the cache; None for anything else."""
    if not isinstance(kept, dict):
        return None
    try:
        body = decode(kept["body"])
        faults = tuple((int(line), str(reason)) for line, reason in kept["faults"])
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        return None
    return (body, faults) if isinstance(body, Body) else None


def parsed_in_parallel(texts: Mapping[str, bytes]) -> dict[str, object]:
    """Native files parsed by as many processes as there are cores; what a process could not do is left out."""
    import multiprocessing  # noqa: PLC0415 - costs start-up time that most runs do not need
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - as above
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    order = sorted(texts, key=lambda key: len(texts[key]), reverse=True)
    found: dict[str, object] = {}
    try:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(MAX_PROCESSES, os.cpu_count() or 1), mp_context=context) as pool:
            parts = pool.map(_parsed_as_json, [texts[key] for key in order], chunksize=8)
            for key, text in zip(order, parts, strict=True):
                if text:
                    found[key] = json.loads(text)
    except (BrokenProcessPool, OSError, RuntimeError, ValueError, RecursionError):
        return found
    return found


def _parsed_as_json(data: bytes) -> str:
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 12_000))
    try:
        return json.dumps(kept_form(*parse_hcl(data)))
    except (RecursionError, ValueError):
        return ""


def _unreadable(path: str, reason: str) -> File:
    return File(path=path, body=Body(1, (), (), False), faults=(Fault(where=Where(path=path), reason=reason),))


def parse_hcl(data: bytes) -> tuple[Body, tuple[tuple[int, str], ...]]:
    """The body of a file in Terraform's native syntax, and (line, reason) of each statement that is broken."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        return Body(1, (), (), False), ((data.count(b"\n", 0, fault.start) + 1, "the file is not UTF-8 text"),)
    templates: list[RawTemplate] = []
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    faults: list[tuple[int, str]] = []
    for statement in statements(text, templates):
        try:
            if statement.fault is not None:
                raise statement.fault
            body = _statement(statement, templates)
        except SyntaxFault as fault:
            faults.append((fault.line, fault.reason))
            if len(faults) >= MAX_FAULTS:
                break
            continue
        attributes.extend(body.attributes)
        blocks.extend(body.blocks)
    return Body(1, tuple(attributes), tuple(blocks), False), tuple(faults)


def parse_json(data: bytes) -> tuple[Body, tuple[tuple[int, str], ...]]:
    """The body of a file in JSON syntax: every property an attribute."""
    try:
        return jsonfile.body_of(data), ()
    except SyntaxFault as fault:
        return Body(1, (), (), True), ((fault.line, fault.reason),)


def parse_expression(text: str, line: int) -> Expression:
    """One expression; raises :class:`SyntaxFault`."""
    templates: list[RawTemplate] = []
    found = statements(f"x = (\n{text}\n)", templates)
    if len(found) != 1:
        raise SyntaxFault(line, "not one expression")
    if found[0].fault is not None:
        raise SyntaxFault(max(1, found[0].fault.line + line - 2), found[0].fault.reason)
    lifted = [
        RawTemplate(raw.line + line - 2, raw.text, raw.heredoc, raw.flush) for raw in templates
    ]  # fmt: skip
    body = _statement(Statement(line - 1, found[0].text), lifted)
    if len(body.attributes) != 1 or not isinstance(body.attributes[0].value, Parens):
        raise SyntaxFault(line, "not one expression")
    return body.attributes[0].value.inner


def parse_template(text: str) -> Expression:
    """The whole text of a template file as an expression; raises :class:`SyntaxFault`."""
    return read_template(RawTemplate(1, text, heredoc=True), parse_expression)


_EMPTY_BLOCK = re.compile(r'\s*([A-Za-z_][\w-]*)((?:[ \t]+"[\w.-]*"){0,3})[ \t]*\{\s*\}\s*\Z', re.ASCII)


def _statement(statement: Statement, templates: list[RawTemplate]) -> Body:
    empty = _EMPTY_BLOCK.match(statement.text)
    if empty is not None:
        first = statement.line + statement.text[: empty.start(1)].count("\n")
        labels = tuple(empty.group(2).replace('"', " ").split())
        if len(labels) == empty.group(2).count('"') // 2:
            block = Block(first, empty.group(1), labels, Body(first, (), (), False))
            return Body(first, (), (block,), False)
    import hcl2  # noqa: PLC0415 - a run that finds everything kept never parses, and the import costs 0.1 s
    from lark.exceptions import LarkError  # noqa: PLC0415 - as above

    try:
        tree = cast("LarkTree", hcl2.parses_to_tree(statement.text))
        return reduce_tree(tree, statement.line - 1, lambda number: read_template(templates[number], parse_expression))
    except (LarkError, RecursionError) as fault:
        line = getattr(fault, "line", None)
        at = statement.line + (line - 1 if isinstance(line, int) and line > 0 else 0)
        token = str(getattr(fault, "token", "") or getattr(fault, "char", "")).strip().split("\n")[0][:40]
        near = f" near {json.dumps(token)}" if token else ""
        raise SyntaxFault(at, f"the syntax is not Terraform's{near}") from None
    except IndexError:
        raise SyntaxFault(statement.line, "the syntax is not Terraform's") from None
