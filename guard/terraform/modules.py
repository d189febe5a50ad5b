"""The configuration of one folder: its blocks by kind and name, override files merged as Terraform does.

Source: Terraform language documentation, "Override Files", "Files and Directories".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from guard.model import Where
from guard.terraform import jsonfile
from guard.terraform.prepass import SyntaxFault
from guard.terraform.read import Fault, File, Reader, parse_expression
from guard.terraform.syntax import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    ObjectCons,
    TupleCons,
)  # fmt: skip
from guard.terraform.template import read_template
from guard.trees import Tree

K = TypeVar("K")
_ALWAYS_LITERAL = {"type", "source", "version", "depends_on", "ignore_changes", "provider", "providers"}


@dataclass(frozen=True, slots=True)
class Item:
    """A block with the file it stands in."""

    path: str
    block: Block

    @property
    def body(self) -> Body:
        """The block's body."""
        return self.block.body

    @property
    def line(self) -> int:
        """The block's line."""
        return self.block.line


@dataclass(frozen=True, slots=True)
class Named:
    """An attribute with the file it stands in: a local, a value of a tfvars file."""

    path: str
    attribute: Attribute


@dataclass(slots=True)
class Configuration:
    """One folder, read."""

    folder: str
    variables: dict[str, Item] = field(default_factory=dict)
    locals: dict[str, Named] = field(default_factory=dict)
    outputs: dict[str, Item] = field(default_factory=dict)
    calls: dict[str, Item] = field(default_factory=dict)
    resources: dict[tuple[str, str, str], Item] = field(default_factory=dict)
    """By (``resource`` or ``data``, type, name)."""
    providers: list[Item] = field(default_factory=list)
    moved: list[Item] = field(default_factory=list)
    others: list[Item] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    partial: str = ""
    """Why declarations may be missing here without a fault."""


def is_configuration(name: str) -> bool:
    """Whether Terraform reads a file of this name as configuration."""
    return name.endswith((".tf", ".tf.json")) and not name.startswith((".", "#")) and not name.endswith("~")


def _is_override(name: str) -> bool:
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def load(tree: Tree, reader: Reader, folder: str) -> Configuration:
    """Read a folder's configuration. Faults are collected, never raised."""
    found = Configuration(folder)
    names = [name for name in tree.folder(folder) if is_configuration(name)]
    for name in sorted(names, key=lambda name: (_is_override(name), name)):
        path = posixpath.join(folder, name)
        if tree.is_folder(path):
            continue
        file = reader.file(tree, path)
        found.files.append(path)
        found.faults.extend(file.faults)
        for block in _blocks(file, found):
            _add(found, Item(path, block), override=_is_override(name))
    return found


def of_text(reader: Reader, folder: str, data: bytes) -> Configuration:
    """The configuration of one file that is not of the tree."""
    found = Configuration(folder)
    file = reader.text(f"{folder}.tf", data)
    found.faults.extend(file.faults)
    for block in _blocks(file, found):
        _add(found, Item(file.path, block), override=False)
    return found


def _blocks(file: File, into: Configuration) -> Iterable[Block]:
    if not file.body.json:
        if file.body.attributes:
            line = file.body.attributes[0].line
            into.faults.append(Fault(where=_where(file.path, line), reason="an argument stands outside of any block"))
        return file.body.blocks
    blocks: list[Block] = []
    for block in jsonfile.top_level(file.body):
        try:
            blocks.append(Block(block.line, block.type, block.labels, _templated_body(block.body)))
        except SyntaxFault as fault:
            into.faults.append(Fault(where=_where(file.path, fault.line), reason=fault.reason))
    return blocks


def _where(path: str, line: int) -> Where:
    return Where(path=path, line=line)


def _templated_body(body: Body) -> Body:
    attributes = tuple(
        Attribute(item.line, item.name, item.value if item.name in _ALWAYS_LITERAL else _templated(item.value))
        for item in body.attributes
    )
    return Body(body.line, attributes, (), True)


def _templated(node: Expression) -> Expression:
    """JSON strings read as the templates they are."""
    match node:
        case Literal(line=line, value=str(text)):
            raw = jsonfile.template_of(text, line)
            return node if raw is None else read_template(raw, parse_expression)
        case TupleCons(line=line, items=items):
            return TupleCons(line, tuple(map(_templated, items)))
        case ObjectCons(line=line, keys=keys, values=values):
            return ObjectCons(line, tuple(map(_templated, keys)), tuple(map(_templated, values)))
        case _:
            pass
    return node


_LABELS = {"variable": 1, "output": 1, "module": 1, "resource": 2, "data": 2, "provider": 1}


def _add(into: Configuration, item: Item, *, override: bool) -> None:
    block = item.block
    if len(block.labels) != _LABELS.get(block.type, len(block.labels)):
        reason = f"a {block.type} block needs {_LABELS[block.type]} labels"
        into.faults.append(Fault(where=_where(item.path, block.line), reason=reason))
        return
    match block.type:
        case "variable":
            _put(into, into.variables, block.labels[0], item, override=override)
        case "output":
            _put(into, into.outputs, block.labels[0], item, override=override)
        case "module":
            _put(into, into.calls, block.labels[0], item, override=override)
        case "resource" | "data":
            key = (block.type, block.labels[0], block.labels[1])
            _put(into, into.resources, key, item, override=override)
        case "locals":
            for attribute in block.body.attributes:
                if attribute.name in into.locals and not override:
                    reason = f'the local "{attribute.name[:60]}" is declared twice'
                    into.faults.append(Fault(where=_where(item.path, attribute.line), reason=reason))
                into.locals[attribute.name] = Named(item.path, attribute)
        case "provider":
            into.providers.append(item)
        case "moved":
            into.moved.append(item)
        case _:
            into.others.append(item)


def _put(into: Configuration, table: dict[K, Item], key: K, item: Item, *, override: bool) -> None:
    before = table.get(key)
    if before is None:
        table[key] = item
        return
    if override:
        table[key] = Item(before.path, _merged(before.block, item.block))
        return
    reason = f"{item.block.type} {'.'.join(item.block.labels)[:80]} is declared twice"
    into.faults.append(Fault(where=_where(item.path, item.line), reason=reason))


def _merged(base: Block, other: Block) -> Block:
    """An override: its arguments replace those of the same name, its nested blocks those of the same type."""
    names = {attribute.name for attribute in other.body.attributes}
    kinds = {_kind(block) for block in other.body.blocks} - {"lifecycle"}
    attributes = tuple(item for item in base.body.attributes if item.name not in names) + other.body.attributes
    blocks = tuple(block for block in base.body.blocks if _kind(block) not in kinds) + other.body.blocks
    return Block(base.line, base.type, base.labels, Body(base.body.line, attributes, blocks, base.body.json))


def _kind(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
