"""A key of what a manifest installs for production: equal for two texts that say the same."""

from __future__ import annotations

import posixpath

from guard.artifacts.facts import Wanted
from guard.artifacts.folders import workspace_lock
from guard.artifacts.formats import read_manifest
from guard.artifacts.platforms import ASSUMED_PYTHON, Target
from guard.artifacts.survey import NODE_KINDS, Found
from guard.cache import digest
from guard.model import Unknown
from guard.trees import Tree, TreeFault

_TARGET = Target(python=ASSUMED_PYTHON, platform="manylinux_2_34_x86_64", assumed=True)
_MOST = 4_000
_KEPT: dict[str, str] = {}
"""Results by everything they depend on; bounded, because a run looks at two trees."""


def content_key(tree: Tree, found: Found) -> str:
    """A digest of the distributions and versions of a manifest; of its bytes where it cannot be read."""
    path, member = workspace_lock(tree, found, node=found.kind in NODE_KINDS)
    try:
        parts = [tree.key(path), member, path]
        parts += [tree.key(beside) for beside in _beside(tree, path)]
    except TreeFault as fault:
        return fault.reason
    key = digest(*parts)
    if key not in _KEPT:
        if len(_KEPT) >= _MOST:
            _KEPT.clear()
        reading = read_manifest(tree, path, _TARGET, Wanted(member=member))
        if isinstance(reading, Unknown):
            _KEPT[key] = parts[0]
        else:
            pins = (
                f"{pin.name} {pin.version if isinstance(pin.version, str) else pin.written}" for pin in reading.pins
            )
            _KEPT[key] = digest(*pins)
    return _KEPT[key]


def _beside(tree: Tree, path: str) -> list[str]:
    """Project files that a lock is read with."""
    folder = posixpath.dirname(path)
    names = (posixpath.join(folder, name) for name in ("pyproject.toml", "package.json"))
    return [name for name in names if name in tree.entries()]
