"""``inputs`` of a ``terragrunt.hcl`` beside a root module, which Terragrunt passes on as variables.

Only what the file itself says is read: its locals, and the same of the file its ``include`` finds in a parent
folder. What dependencies, other files and Terragrunt's own functions give is unknown.
Source: Terragrunt documentation, "Configuration Blocks and Attributes".
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from guard.model import Where
from guard.terraform.evaluate import Evaluator, Frame, Function, Step
from guard.terraform.functions import FUNCTIONS
from guard.terraform.functions.library import Library
from guard.terraform.read import File, Reader
from guard.terraform.syntax import Block, Call, Expression, GetAttr, Literal, ObjectCons
from guard.terraform.values import Fault, Obj, Unk, Value
from guard.terraform.variables import Given, Source
from guard.trees import Tree

NAME = "terragrunt.hcl"
_PARENTS = (NAME, "root.hcl")
MAX_INCLUDES = 4


@dataclass(eq=False, slots=True)
class _Scope:
    """What references mean in one file."""

    file: File
    evaluator: Evaluator
    open: set[str] = field(default_factory=set)

    def reference(self, name: str, steps: Sequence[Step], frame: Frame, line: int) -> tuple[Value, int]:
        where = Where(path=frame.path, line=line)
        first = steps[0] if steps else None
        if name != "local" or not isinstance(first, GetAttr):
            return Unk(f"{name[:60]} is resolved by Terragrunt", where), len(steps)
        for block in self.file.body.named("locals"):
            attribute = block.body.get(first.name)
            if attribute is not None:
                if first.name in self.open:
                    raise Fault(f"local.{first.name[:60]} refers to itself", where)
                self.open.add(first.name)
                try:
                    return self.evaluator.value(attribute.value, Frame(self, frame.path)), 1
                finally:
                    self.open.discard(first.name)
        return Unk(f"local.{first.name[:60]} is not in {self.file.path[:120]}", where), 1


def _caller(library: Library) -> Function:
    """Terraform's functions, but those on files, which start from another folder; Terragrunt's own are unknown."""
    plain = FUNCTIONS.keys() | {"try", "can"}

    def call(evaluator: Evaluator, node: Call, frame: Frame) -> Value:
        if node.name in plain:
            return library.call(evaluator, node, frame)
        return Unk(f"{node.name[:60]}() is resolved by Terragrunt", Where(path=frame.path, line=node.line))

    return call


def inputs_of(
    tree: Tree, reader: Reader, folder: str, evaluator: Evaluator, library: Library
) -> tuple[Source, list[str]]:
    """The values a root module gets from Terragrunt, and the files that say so."""
    read: list[str] = []
    inner = Evaluator(evaluator.budget, _caller(library))
    source = _inputs(tree, reader, posixpath.join(folder, NAME), inner, read, 0)
    return source, read


def _inputs(tree: Tree, reader: Reader, path: str, evaluator: Evaluator, read: list[str], depth: int) -> Source:
    file = reader.file(tree, path)
    read.append(path)
    scope = _Scope(file, evaluator)
    found: dict[str, Given] = {}
    doubt: Unk | None = None
    if file.faults:
        doubt = Unk(f"{path[:120]} cannot be read: {file.faults[0].reason}", file.faults[0].where)
    for include in file.body.named("include"):
        place = _included(tree, path, include)
        if place is None or place in read or depth >= MAX_INCLUDES:
            doubt = doubt or Unk("what Terragrunt includes is not followed", Where(path=path, line=include.line))
            continue
        parent = _inputs(tree, reader, place, evaluator, read, depth + 1)
        found.update(parent.values)
        doubt = doubt or parent.doubt
    attribute = file.body.get("inputs")
    if attribute is None:
        return Source(found, doubt)
    try:
        value = evaluator.settled(attribute.value, Frame(scope, path))
    except RecursionError:
        value = Unk("the inputs nest too deeply")
    if not isinstance(value, Obj) or value.rest is not None:
        where = Where(path=path, line=attribute.line)
        reason = value.reason if isinstance(value, Unk) else "they are not an object"
        return Source(found, doubt or Unk(f"the inputs of Terragrunt are not known: {reason}", where))
    for name, item in value.items.items():
        line = _line(attribute.value, name)
        found[name] = Given(Where(path=path, line=line), None, value=(item,))
    return Source(found, doubt)


def _line(node: Expression, name: str) -> int:
    if isinstance(node, ObjectCons):
        for key, item in zip(node.keys, node.values, strict=True):
            if isinstance(key, Literal) and key.value == name:
                return item.line
    return node.line


def _included(tree: Tree, path: str, include: Block) -> str | None:
    """The file an include names with ``find_in_parent_folders``, if it is in the tree."""
    attribute = include.body.get("path")
    if attribute is None or not isinstance(attribute.value, Call) or attribute.value.name != "find_in_parent_folders":
        return None
    names: Sequence[str] = _PARENTS
    if attribute.value.arguments:
        named = attribute.value.arguments[0]
        if not isinstance(named, Literal) or not isinstance(named.value, str) or len(attribute.value.arguments) > 1:
            return None
        names = (named.value,)
    folder = posixpath.dirname(path)
    while folder:
        folder = posixpath.dirname(folder)
        for name in names:
            if name in tree.folder(folder):
                return posixpath.join(folder, name)
    return None
