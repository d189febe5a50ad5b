"""Var files that no environment of the settings is planned with: a change to one may still move a function."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from guard.compare import same
from guard.model import Function, Inventory, Root, RootSpec, Undecided, Unknown, Where
from guard.trees import Tree, TreeFault

_MOST = 12
"""More var files than this are not planned one by one."""
_AUTOMATIC = (".auto.tfvars", ".auto.tfvars.json")

Read = Callable[[Tree, RootSpec], Inventory]


def unplanned(trees: tuple[Tree, Tree], inventories: tuple[Inventory, Inventory], read: Read) -> tuple[Undecided, ...]:
    """Changed var files that no root is planned with, and that change a function when one is.

    ``read`` evaluates one root of a tree with such a file.
    """
    base, head = trees
    named = [(root, name) for side in inventories for root in side.roots for name in root.var_files]
    used = {place for root, name in named for place in (name, posixpath.normpath(posixpath.join(root.path, name)))}
    found: list[Undecided] = []
    for path in [path for path in head.entries() if _is_own(path) and path not in used and _changed(base, head, path)][
        :_MOST
    ]:
        for root in _roots_above(inventories[1], path):
            spec = RootSpec(path=root.path, var_files=(path,), workspace=root.workspace)
            moved = _moved(read(base, spec), read(head, spec))
            if moved:
                name = posixpath.relpath(path, root.path or ".")
                found.append(
                    Undecided(
                        what=path,
                        reason=f"{moved} where it is used, and no root of the settings is planned with it",
                        where=Where(path=path),
                        remedy=f'roots = [{{ path = "{root.path or "."}", var_files = ["{name}"] }}] in [tool.guard]',
                    )
                )
    return tuple(found)


def _is_own(path: str) -> bool:
    name = posixpath.basename(path)
    usual = name.startswith("terraform.tfvars") or name.endswith(_AUTOMATIC)
    return name.endswith((".tfvars", ".tfvars.json")) and not usual


def _changed(base: Tree, head: Tree, path: str) -> bool:
    try:
        return base.key(path) != head.key(path)
    except TreeFault:
        return False


def _roots_above(inventory: Inventory, path: str) -> list[Root]:
    """The nearest root with functions that holds the file, else those beside its folder."""
    folder = posixpath.dirname(path)
    holding = [root for root in inventory.roots if root.functions]
    above = [root for root in holding if root.path in ("", folder) or folder.startswith(root.path + "/")]
    if above:
        return [max(above, key=lambda root: len(root.path))]
    beside = posixpath.dirname(folder)
    return [root for root in holding if posixpath.dirname(root.path) == beside][:3]


def _moved(base: Inventory, head: Inventory) -> str:
    """What of a function differs between two plans, "" if nothing does."""
    before = {function.address: function for _, function in base.functions()}
    for _, function in head.functions():
        old = before.get(function.address)
        if old is not None and not same(old.memory.value, function.memory.value):
            return f"memory_size of {function.address} changes from {_size(old)} to {_size(function)}"
        if old is not None and not same(old.runtime, function.runtime):
            return f"the runtime of {function.address} changes"
    return ""


def _size(function: Function) -> str:
    value = function.memory.value
    return "an unknown size" if isinstance(value, Unknown) else f"{value} MB"
