"""A function at one tree to its artifact: located, read, selected for its platform; not yet sized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guard.artifacts.facts import Pin, Reading
from guard.artifacts.formats import read_manifest
from guard.artifacts.index_settings import index_settings
from guard.artifacts.locate import Located, hint_for, locate
from guard.artifacts.own_code import NO_CODE, OwnCode, files_below, measure_files
from guard.artifacts.platforms import RUNTIME_PROVIDED, Target, python_of, target_of
from guard.artifacts.resolver import Resolver
from guard.artifacts.select import choose
from guard.artifacts.sizes import NOT_CHOSEN, add_up
from guard.cache import Cache, digest
from guard.model import Artifact, Distribution, Function, FunctionHint, Maybe, Sizes, Undecided, Unknown
from guard.trees import Tree, TreeFault


def resolve(
    tree: Tree,
    function: Function,
    *,
    hints: Sequence[FunctionHint],
    cache: Cache,
    environ: Mapping[str, str],
    resolver: Resolver | None = None,
) -> Artifact:
    """What a function of a tree ships: its manifest located, read, and selected for its runtime and architecture.

    Needs no network for pinned manifests; bytes are filled in by :func:`guard.artifacts.size`. Never raises for
    content: what cannot be known is Unknown, and ``undecided`` says what would help.
    """
    hint = hint_for(function, hints)
    located = locate(tree, function, hint)
    target = target_of(function, hint)
    reading = _read(tree, located, target, index_settings(environ).hosts)
    if resolver is not None and isinstance(reading, Reading) and isinstance(target, Target):
        reading = completed(reading, target, resolver)
    own = _own_code(tree, located, cache)
    return _artifact(_Parts(tree=tree, function=function, located=located, target=target, reading=reading, own=own))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What an artifact is put together from."""

    tree: Tree
    function: Function
    located: Located
    target: Target | Unknown
    reading: Reading | Unknown
    own: OwnCode | Unknown


def completed(reading: Reading, target: Target, resolver: Resolver) -> Reading:
    """A reading with what the manifest leaves to the installer: versions, and what the distributions require."""
    if reading.closed or not reading.requirements or target.assumed:
        return reading
    found = resolver.resolve(reading.requirements, reading.constraints, target)
    if isinstance(found, Unknown):
        doubt = Undecided(what="requirements", reason=found.reason, where=found.where, remedy=found.remedy)
        return replace(reading, undecided=(*reading.undecided, doubt))
    pins = [
        replace(pin, version=found[pin.name]) if isinstance(pin.version, Unknown) and pin.name in found else pin
        for pin in reading.pins
    ]
    listed = {pin.name for pin in pins}
    pins += [
        Pin(name=name, version=version, written="", direct=False)
        for name, version in found.items()
        if name not in listed
    ]
    return replace(reading, pins=tuple(sorted(pins, key=lambda pin: pin.name)), closed=True)


def _read(tree: Tree, located: Located, target: Target | Unknown, hosts: frozenset[str]) -> Reading | Unknown:
    if isinstance(located.manifest, Unknown):
        return located.manifest
    if located.manifest.path is None:
        return Reading()
    if isinstance(target, Unknown):
        return target
    return read_manifest(tree, located.manifest.path, target, replace(located.wanted, hosts=hosts))


def _own_code(tree: Tree, located: Located, cache: Cache) -> OwnCode | Unknown:
    files = located.files
    if files is None:
        if located.source is None:
            return Unknown(reason="where the function's own code lies is not known")
        files = files_below(tree, located.source, located.excludes)
    return measure_files(tree, files, cache) if files else NO_CODE


def _artifact(parts: _Parts) -> Artifact:
    located, target, reading, own = parts.located, parts.target, parts.reading, parts.own
    undecided = list(located.undecided)
    distributions: Maybe[tuple[Distribution, ...]]
    if isinstance(reading, Unknown):
        distributions = reading
        undecided.append(_undecided("dependencies", reading))
    else:
        undecided += reading.undecided
        distributions = tuple(_distribution(pin, target) for pin in reading.pins)
    own_sizes = Sizes(
        packed=own if isinstance(own, Unknown) else own.packed,
        unpacked=own if isinstance(own, Unknown) else own.unpacked,
        native=own if isinstance(own, Unknown) else own.native,
    )
    runtime = parts.function.runtime if isinstance(parts.function.runtime, str) else None
    known = None if isinstance(target, Unknown) else target
    artifact = Artifact(
        manifest=located.manifest,
        distributions=distributions,
        sizes=_sizes(distributions, own_sizes),
        own_code=own_sizes.unpacked,
        source=located.source,
        python=None if known is None or known.assumed else known.python,
        platform=known.platform if known else "",
        bytecode="absent" if isinstance(own, Unknown) else own.bytecode,
        runtime_provided=RUNTIME_PROVIDED if python_of(runtime) else frozenset(),
        undecided=tuple(undecided),
        own_sizes=own_sizes,
        requirements=() if isinstance(reading, Unknown) else reading.requirements,
    )
    return replace(artifact, digest=_digest(parts.tree, artifact, own))


def _sizes(distributions: Maybe[tuple[Distribution, ...]], own: Sizes) -> Sizes:
    if isinstance(distributions, Unknown):
        return Sizes(packed=distributions, unpacked=distributions, native=distributions)
    return add_up(distributions, own)


def _distribution(pin: Pin, target: Target | Unknown) -> Distribution:
    """A pin with the wheel its manifest names for the target; where it names none, :func:`size` looks it up."""
    common = Distribution(
        name=pin.name,
        version=pin.version,
        wheel=Unknown(reason=NOT_CHOSEN),
        unpacked=Unknown(reason=NOT_CHOSEN),
        native=Unknown(reason=NOT_CHOSEN),
        where=pin.where,
        direct=pin.direct,
        written=pin.written,
    )
    why: Unknown | None = pin.problem
    if why is None and isinstance(pin.version, Unknown):
        why = pin.version
    if why is None and isinstance(target, Unknown):
        why = target
    if why is not None:
        return replace(common, wheel=why, unpacked=why, native=why)
    assert isinstance(target, Target)
    if not pin.files:
        return common
    wheel = choose(f"{pin.name} {pin.version}", pin.files, target)
    if isinstance(wheel, Unknown):
        wheel = replace(wheel, where=pin.where)
        return replace(common, wheel=wheel, unpacked=wheel, native=wheel)
    return replace(common, wheel=wheel)


def _undecided(what: str, why: Unknown) -> Undecided:
    return Undecided(what=what, reason=why.reason, where=why.where, remedy=why.remedy)


def _digest(tree: Tree, artifact: Artifact, own: OwnCode | Unknown) -> str:
    """A key of everything that decides memory."""
    parts = [artifact.python or "", artifact.platform, str(artifact.bytecode)]
    parts.append("?" if isinstance(own, Unknown) else own.key)
    if isinstance(artifact.distributions, Unknown):
        path = artifact.manifest.path if not isinstance(artifact.manifest, Unknown) else None
        try:
            parts.append(tree.key(path) if path else "")
        except TreeFault:
            return ""
    else:
        for one in artifact.distributions:
            version = one.version if isinstance(one.version, str) else f"?{one.written}"
            sha = "" if isinstance(one.wheel, Unknown) else one.wheel.sha256
            parts += (one.name, version, sha)
        parts += artifact.requirements
    return digest(*parts)
