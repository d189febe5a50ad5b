"""setup.py and setup.cfg: programs and build settings, not manifests. Nothing of a change is executed."""

from __future__ import annotations

from guard.artifacts.facts import SETTINGS, Reading, Wanted
from guard.artifacts.platforms import Target
from guard.model import Unknown, Where
from guard.trees import Tree


def read(tree: Tree, path: str, target: Target, wanted: Wanted) -> Reading | Unknown:
    """Unknown: what they require is only known by running them."""
    del tree, target, wanted
    return Unknown(
        reason="only running it would tell what it requires, and nothing of a change is run",
        where=Where(path=path),
        remedy=f"name a requirements or lock file: manifest in {SETTINGS}",
    )
