"""Finding a function's manifest and code: settings, then what Terraform says, then similarity."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from guard.artifacts.facts import SETTINGS, Wanted
from guard.artifacts.survey import Found, survey
from guard.model import Function, FunctionHint, Manifest, Maybe, PackageSource, Undecided, Unknown
from guard.trees import Tree, TreeFault, clean_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a package comes from: its manifest, its own files, what is installed, what could not be followed."""

    manifest: Maybe[Manifest]
    source: str | None = None
    files: tuple[str, ...] | None = None
    """The own files where they are listed one by one; else everything in ``source``."""
    excludes: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    undecided: tuple[Undecided, ...] = ()


def hint_for(function: Function, hints: Sequence[FunctionHint]) -> FunctionHint | None:
    """The first hint whose pattern matches the function's address or name."""
    name = function.name if isinstance(function.name, str) else ""
    for hint in hints:
        if fnmatchcase(function.address, hint.function) or hint.function == function.address:
            return hint
        if name and fnmatchcase(name, hint.function):
            return hint
    return None


ORDER = (
    "uv.lock",
    "pylock.toml",
    "requirements.txt",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pyproject.toml",
    "setup.py",
)


def pick(found: Sequence[Found], order: Sequence[str] = ORDER) -> Found | None:
    """The manifest of a folder that decides."""
    for kind in order:
        plain = [one for one in found if one.kind == kind]
        if plain:
            return min(plain, key=lambda one: (len(one.path), one.path))
    return None


def locate(tree: Tree, function: Function, hint: FunctionHint | None) -> Located:
    """Where a function's package comes from."""
    if hint is not None and (hint.manifest or hint.source):
        return _from_hint(tree, hint)
    for source in function.sources:
        if source.kind in {"archive_file", "source_path"}:
            found = _from_path(tree, source)
        elif source.kind in {"filename", "layer_filename"}:
            found = _beside(tree, source)
        else:
            found = None
        if found is not None:
            return found
    return Located(
        manifest=Unknown(
            reason="nothing in Terraform says where the package is built from",
            where=function.where,
            remedy=f"manifest in {SETTINGS}",
        )
    )


def _from_hint(tree: Tree, hint: FunctionHint) -> Located:
    wanted = Wanted(groups=hint.groups, extras=hint.extras)
    source = hint.source
    if hint.manifest is not None:
        manifest = Manifest(path=hint.manifest, how="settings", reason="settings name it")
        return Located(manifest=manifest, source=source, wanted=wanted)
    found = pick(survey(tree).in_folder(source or ""))
    path = found.path if found else None
    reason = f"in {source}, which settings name" if path else f"settings name {source}, which holds none"
    return Located(manifest=Manifest(path=path, how="settings", reason=reason), source=source, wanted=wanted)


def _from_path(tree: Tree, source: PackageSource) -> Located | None:
    path = source.path
    if isinstance(path, Unknown):
        return Located(manifest=replace(path, remedy=path.remedy or f"source in {SETTINGS}"))
    if path is None:
        return None
    try:
        clean = clean_path(path)
    except TreeFault as fault:
        return Located(manifest=Unknown(reason=f"{path[:120]} {fault.reason}", where=source.where))
    how = source.kind
    if tree.is_folder(clean):
        found = pick(survey(tree).in_folder(clean))
        if found is None:
            manifest = Manifest(path=None, how="none", reason=f"{clean or '.'} holds no manifest")
        else:
            manifest = Manifest(path=found.path, how=how, reason=f"in the packaged folder {clean or '.'}")
        return Located(manifest=manifest, source=clean, excludes=_texts(source.options, "excludes"))
    try:
        tree.resolve(clean)
    except TreeFault:
        return None
    manifest = Manifest(path=None, how="none", reason=f"the package is the single file {clean}")
    return Located(manifest=manifest, source=posixpath.dirname(clean), files=(clean,))


def _beside(tree: Tree, source: PackageSource) -> Located | None:
    path = source.path
    if not isinstance(path, str):
        return None
    try:
        folder = posixpath.dirname(clean_path(path))
    except TreeFault:
        return None
    found = pick(survey(tree).in_folder(folder))
    if found is None:
        return None
    manifest = Manifest(path=found.path, how="filename", reason=f"beside {posixpath.basename(path)}")
    return Located(manifest=manifest, source=folder)


def _texts(options: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = options.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, Sequence) else ()
