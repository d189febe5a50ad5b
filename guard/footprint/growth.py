"""Growth of a function's cold start between two artifacts, by the best method its facts allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from guard.cache import Cache
from guard.footprint.bybytes import growth_by_bytes
from guard.footprint.contents import WheelContents
from guard.model import Artifact, Distribution, Function, Growth, Maybe
from guard.trees.protocol import Tree
from guard.units import MB

Mode: TypeAlias = Literal["predicted", "auto", "measured"]
Opener: TypeAlias = Callable[[Distribution], Maybe[WheelContents]]
"""Opens the wheel of a distribution for reading, or says why it cannot."""


def growth(
    base: Artifact | None,
    head: Artifact | None,
    *,
    base_tree: Tree | None = None,
    head_tree: Tree | None = None,
    base_function: Function | None = None,
    head_function: Function | None = None,
    cache: Cache | None = None,
    wheels: Opener | None = None,
    mode: Mode = "predicted",
) -> Growth:
    """Peak resident set at cold start, head minus base. Never raises for content.

    Exactly 0 with method ``none`` when both artifacts have the same digest. What cannot be known is
    :class:`guard.model.Unknown` with its reason in ``expected`` and ``upper``.
    """
    del base_tree, head_tree, base_function, head_function, cache, wheels, mode
    if base is None and head is None:
        return Growth(expected=MB(0), upper=MB(0), method="none")
    if base is not None and head is not None and base.digest and base.digest == head.digest:
        return Growth(expected=MB(0), upper=MB(0), method="none")
    return growth_by_bytes(base, head)


def cold_start(
    artifact: Artifact,
    *,
    tree: Tree | None = None,
    function: Function | None = None,
    cache: Cache | None = None,
    wheels: Opener | None = None,
    mode: Mode = "predicted",
) -> Growth:
    """What one artifact costs at cold start over the bare runtime: :func:`growth` from nothing."""
    return growth(
        None, artifact, head_tree=tree, head_function=function, cache=cache, wheels=wheels, mode=mode
    )  # fmt: skip
