"""From artifacts to facts: each distribution's wheel, opened only when the cache does not know it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from guard.cache import Cache
from guard.footprint.conditions import Target
from guard.footprint.contents import Opener
from guard.footprint.wheelfacts import WheelFacts, contents_of
from guard.footprint.world import OWN_CODE
from guard.model import Artifact, Distribution, Maybe, Unknown
from guard.trees.protocol import Tree, TreeFault

_WORKERS = 8
_MAX_OWN_FILES = 5_000
_MAX_OWN_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What one side has installed, and what of it could not be opened (name -> why)."""

    wheels: Mapping[str, WheelFacts]
    unknown: Mapping[str, Unknown]


def open_distributions(
    distributions: Iterable[Distribution], target: Target, cache: Cache, opener: Opener | None
) -> Opened:
    """Facts of every distribution; several are opened at a time. Never raises for content."""
    wanted = list(distributions)
    if not wanted:
        return Opened(wheels={}, unknown={})
    with ThreadPoolExecutor(max_workers=min(_WORKERS, len(wanted)), thread_name_prefix="facts") as pool:
        found = list(pool.map(lambda one: _open(one, target, cache, opener), wanted))
    wheels = {one.name: facts for one, facts in zip(wanted, found, strict=True) if isinstance(facts, WheelFacts)}
    unknown = {one.name: facts for one, facts in zip(wanted, found, strict=True) if isinstance(facts, Unknown)}
    return Opened(wheels=wheels, unknown=unknown)


def _open(distribution: Distribution, target: Target, cache: Cache, opener: Opener | None) -> Maybe[WheelFacts]:
    wheel = distribution.wheel
    if isinstance(wheel, Unknown):
        return wheel
    facts = WheelFacts(key=wheel.sha256, target=target, cache=cache)
    if opener is None:
        return facts if facts.cached else Unknown(reason=f"the wheel of {distribution.name} was not opened")
    facts.open_later(lambda: opener(wheel))
    try:
        facts.list_modules()
    except Exception as fault:  # noqa: BLE001 - whatever a wheel does when opened makes one distribution unknown
        return Unknown(reason=str(fault)[:200], where=distribution.where)
    return facts


def own_code(tree: Tree | None, artifact: Artifact, target: Target) -> WheelFacts | None:
    """The function's own modules, read from the tree; None where its folder is not known."""
    if tree is None or artifact.source is None:
        return None
    prefix = f"{artifact.source}/" if artifact.source else ""
    files: dict[str, bytes] = {}
    left = _MAX_OWN_BYTES
    for path in _paths(tree, prefix):
        try:
            data = tree.read(path)
        except TreeFault:
            continue
        left -= len(data)
        if left < 0 or len(files) >= _MAX_OWN_FILES:
            break
        files[path.removeprefix(prefix)] = data
    facts = WheelFacts(key="", target=target, cache=Cache(None))
    facts.open(contents_of(files))
    return facts


def _paths(tree: Tree, prefix: str) -> Sequence[str]:
    return [path for path in tree.entries() if path.startswith(prefix) and path.endswith((".py", ".pyi"))]


def with_own_code(own: WheelFacts | None, opened: Opened) -> dict[str, WheelFacts]:
    """Own code first: Python finds the task root before anything installed beside it."""
    first = {OWN_CODE: own} if own is not None else {}
    return {**first, **opened.wheels}
