"""What a function ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from guard.model.base import Maybe, Undecided, Unknown, Where
from guard.units import Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """One wheel file: name, URL ("" if unknown), sha256 in hex ("" if unknown), packed bytes."""

    filename: str
    url: str = ""
    sha256: str = ""
    packed: Maybe[Bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One distribution an artifact ships. ``name`` is normalised (PEP 503); sizes in bytes."""

    name: str
    version: Maybe[str]
    wheel: Maybe[Wheel]
    unpacked: Maybe[Bytes]
    native: Maybe[Bytes]
    where: Where | None = None
    """The line of the manifest that names it."""
    direct: bool = True
    written: str = ""
    """What the manifest says of its version (``==2.1``, ``>=2``, ``*``); "" where something else implies it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The file that decides an artifact's distributions, and how it was found.

    ``how``: ``settings``, ``archive_file``, ``source_path``, ``local_exec``, ``filename``, ``dockerfile``,
    ``name``, ``handler``, ``only``, ``none`` (a package without dependencies). ``guess``: found by similarity.
    """

    path: str | None
    how: str
    reason: str
    guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes: packed (as uploaded), unpacked, native (``.so`` files). ``at_least``: something was left out."""

    packed: Maybe[Bytes]
    unpacked: Maybe[Bytes]
    native: Maybe[Bytes]
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What one function ships: distributions, own code, layers; their bytes; how all that was found.

    ``platform``: the wheel platform tag the versions were chosen for (``manylinux_2_34_x86_64``).
    ``source``: folder of the function's own code in the tree, None where unknown or absent.
    ``runtime_provided``: normalised names the managed runtime has already (boto3, ...).
    """

    manifest: Maybe[Manifest]
    distributions: Maybe[tuple[Distribution, ...]]
    sizes: Sizes
    own_code: Maybe[Bytes]
    source: str | None = None
    python: str | None = None
    platform: str = ""
    bytecode: Maybe[Literal["valid", "stale", "absent"]] = "absent"
    runtime_provided: frozenset[str] = frozenset()
    layers: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    own_sizes: Sizes | None = None
    """Own code and layers of the tree without the distributions; ``sizes`` is this and theirs. None: unknown."""
    requirements: tuple[str, ...] = ()
    """What a resolver was (or would be) given where the manifest does not pin everything; else empty."""
    digest: str = ""
    """Content key of everything above that decides memory: equal digests are equal artifacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactDelta:
    """What changed between two artifacts; names normalised, versions as written.

    ``changed`` maps a name to (before, after).
    """

    added: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    removed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    changed: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    implied: Mapping[str, tuple[str | None, str | None]] = field(default_factory=lambda: MappingProxyType({}))
    """Distributions that no manifest names but others require: (before, after), None where absent."""
    unknown: Unknown | None = None

    @property
    def empty(self) -> bool:
        """Whether the two sides are known to hold the same distributions."""
        return not (self.added or self.removed or self.changed or self.implied or self.unknown)
