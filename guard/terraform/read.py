"""Files of a tree as bodies: parsed once per content, kept by content key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import hcl2
from lark.exceptions import LarkError

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

    def text(self, path: str, data: bytes) -> File:
        """A file that is not of the tree, from its bytes."""
        key = f"{'json' if path.endswith('.json') else 'hcl'}-text-{digest(data)}"
        if key not in self._bodies:
            self._bodies[key] = self._parsed(key, lambda: data)
        body, faults = self._bodies[key]
        found = tuple(Fault(where=Where(path=path, line=line), reason=reason) for line, reason in faults)
        return File(path=path, body=body, faults=found)

    def _parsed(self, key: str, read: Callable[[], bytes]) -> tuple[Body, tuple[tuple[int, str], ...]]:
        kept = self._cache.get(_KIND, key)
        if isinstance(kept, dict):
            try:
                body = decode(kept["body"])
                if isinstance(body, Body):
                    return body, tuple((int(line), str(reason)) for line, reason in kept["faults"])
            except (ValueError, TypeError, IndexError, KeyError, RecursionError):
                pass
        data = read()
        body, faults = parse_json(data) if key.startswith("json") else parse_hcl(data)
        self._cache.put(_KIND, key, {"body": encode(body), "faults": [list(fault) for fault in faults]})
        return body, faults


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


def _statement(statement: Statement, templates: list[RawTemplate]) -> Body:
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
