"""The Lambda functions of a tree: every root, evaluated."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from guard.cache import Cache
from guard.model import Inventory, Root, RootSpec, Undecided, Where
from guard.terraform.read import Reader
from guard.terraform.root import Planner
from guard.terraform.roots import discover
from guard.terraform.values import Exhausted
from guard.trees import Tree

_STACK = 12_000
"""Python frames that the deepest evaluation within its budget needs, with room to spare."""


def inventory(
    tree: Tree,
    specs: Sequence[RootSpec] = (),
    *,
    cache: Cache,
    environ: Mapping[str, str] | None = None,
    within: str = "",
    outside: Mapping[str, bytes] | None = None,
) -> Inventory:
    """Every function of these roots, or of all roots found below ``within``.

    ``environ`` gives ``TF_VAR_`` values. ``outside``: var files that are not of the tree, by their name in
    the specs. Nothing of the tree's content makes this raise: what is not decided is in the result.
    """
    reader = Reader(cache)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _STACK))
    try:
        chosen = tuple(specs) or discover(tree, within)
        roots = [_planned(tree, reader, spec, environ or {}, outside or {}) for spec in chosen]
    finally:
        sys.setrecursionlimit(before)
    return Inventory(roots=tuple(roots))


def _planned(
    tree: Tree, reader: Reader, spec: RootSpec, environ: Mapping[str, str], outside: Mapping[str, bytes]
) -> Root:
    try:
        return Planner(tree, reader, spec, environ, outside).plan()
    except (Exhausted, RecursionError) as fault:
        reason = fault.reason if isinstance(fault, Exhausted) else "expressions nest too deeply"
        undecided = Undecided(what=spec.path or ".", reason=reason, where=Where(path=spec.path or "."))
        return Root(path=spec.path, workspace=spec.workspace, var_files=spec.var_files, undecided=(undecided,))
