"""Install commands as manifests: which files they read, what they name themselves."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from guard.artifacts.facts import SETTINGS, Wanted
from guard.artifacts.install_lines import Install, installs, scripts
from guard.artifacts.located import Located, Named, Own, Part, Subject
from guard.artifacts.parsing import text_of
from guard.artifacts.similar import words_of
from guard.model import Manifest, PackageSource, Undecided, Unknown, Where
from guard.trees import Tree, TreeFault, clean_path

_LOCKS = {
    "uv": ("uv.lock", "pyproject.toml"),
    "poetry": ("poetry.lock", "pyproject.toml"),
    "pipenv": ("Pipfile.lock",),
    "pdm": ("pdm.lock", "pyproject.toml"),
    "npm": ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "package.json"),
}
_MAX_SCRIPT = 256 * 1024
_MAX_SCRIPTS = 8
Lookup = Callable[[str], str | None]
"""A path as a command writes it (joined to its folder) to a path of the tree, None where it is not in it."""


@dataclass(slots=True)
class Gathered:
    """Everything that some commands install."""

    label: str = ""
    parts: list[Part] = field(default_factory=list)
    packages: list[Named] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    platform: str = ""
    python: str = ""
    compiled: bool | None = None

    @property
    def any(self) -> bool:
        """Whether they install anything."""
        return bool(self.parts or self.packages or self.undecided)

    def add(self, tree: Tree, found: Iterable[Install], base: str, where: Where | None) -> None:
        """Commands that run in a folder of the tree."""

        def lookup(path: str) -> str | None:
            return in_tree(tree, posixpath.join(base, path))

        self.add_by(found, lookup, where or Where(path=base or "."))

    def add_by(self, found: Iterable[Install], lookup: Lookup, where: Where) -> None:
        """Commands whose paths a lookup understands."""
        listed = tuple(found)
        exported = {posixpath.normpath(posixpath.join(one.folder, one.exports)) for one in listed if one.exports}
        locked = any(one.exports is not None for one in listed)
        for one in listed:
            self.platform = self.platform or one.platform
            self.python = self.python or one.python
            if one.bytecode is not None:
                self.compiled = one.bytecode if self.compiled is None else self.compiled or one.bytecode
            at = Where(path=where.path, line=one.line if where.line is None else where.line)
            if one.tool == "pip":
                self._pip(one, lookup, at, exported, locked)
            else:
                self._locked(one, lookup, at)

    def _pip(self, one: Install, lookup: Lookup, where: Where, exported: set[str], locked: bool) -> None:
        for name in one.files:
            path = posixpath.normpath(posixpath.join(one.folder, name))
            found = lookup(path)
            if found is not None:
                self._part(Part(path=found))
            elif path not in exported and not locked:
                self._doubt(name, "is installed but not in the tree", where)
        for project in one.projects:
            path = posixpath.normpath(posixpath.join(one.folder, project.partition("[")[0]))
            found = lookup(posixpath.join(path, "pyproject.toml"))
            extras = tuple(project.partition("[")[2].rstrip("]").split(",")) if "[" in project else ()
            if found is not None:
                self._part(Part(path=found, wanted=Wanted(extras=extras)))
            elif lookup(posixpath.join(path, "setup.py")) is not None:
                self._part(Part(path=lookup(posixpath.join(path, "setup.py")) or ""))
            elif not path.endswith((".whl", ".zip", ".gz")) or lookup(path) is None:
                self._doubt(project, "is installed but not in the tree", where)
        for text in one.packages:
            if "$" in text or "*" in text:
                self._doubt(text, "is a variable of the build", where)
            else:
                self.packages.append(Named(text=text, where=where))

    def _locked(self, one: Install, lookup: Lookup, where: Where) -> None:
        for name in _LOCKS[one.tool]:
            found = lookup(posixpath.normpath(posixpath.join(one.folder, name)))
            if found is not None:
                wanted = Wanted(groups=one.groups, extras=one.extras)
                self._part(Part(path=found, wanted=wanted))
                return
        self._doubt(f"{one.tool} in {one.folder or '.'}", "has no lock file in the tree", where)

    def _part(self, part: Part) -> None:
        if part.path not in {known.path for known in self.parts}:
            self.parts.append(part)

    def _doubt(self, what: str, reason: str, where: Where) -> None:
        self.undecided.append(Undecided(what=what[:120], reason=reason, where=where, remedy=f"manifest in {SETTINGS}"))

    def located(self, reason: str, own: tuple[Own, ...] | None, how: str = "local_exec") -> Located:
        """The commands as a location."""
        manifest: Manifest | Unknown
        if self.parts or self.packages:
            path = self.parts[0].path if self.parts else None
            manifest = Manifest(path=path, how=how, reason=reason)
        else:
            first = self.undecided[0]
            manifest = Unknown(reason=f"{first.what} {first.reason}", where=first.where, remedy=first.remedy)
        return Located(
            manifest=manifest,
            parts=tuple(self.parts),
            packages=tuple(self.packages),
            own=own,
            python=self.python,
            platform=self.platform,
            compiled=self.compiled,
            undecided=tuple(self.undecided),
        )


def in_tree(tree: Tree, path: str) -> str | None:
    """A path that is a file of the tree, cleaned; None for anything else."""
    try:
        clean = clean_path(path)
        return clean if tree.resolve(clean).kind == "file" else None
    except TreeFault:
        return None


def gather(tree: Tree, subject: Subject, places: Sequence[str]) -> Gathered | None:
    """What the provisioners beside a function install, of those that belong to it.

    Terraform does not say which provisioner makes which archive. One belongs to a function when it works in, installs
    into or reads from one of its places, when it is named like it, or when it is the only one that installs.
    """
    found: list[tuple[PackageSource, list[tuple[tuple[Install, ...], str, Where | None]]]] = []
    for one in subject.sources:
        if one.kind != "local_exec":
            continue
        commands = _commands(tree, subject, one)
        if commands:
            found.append((one, commands))
    mine = [item for item in found if _belongs(tree, subject, places, *item)]
    if not mine and len(found) == 1 and not places:
        mine = found
    if not mine:
        return None
    label = str(mine[0][0].options.get("address", "a provisioner"))
    gathered = Gathered(label=label)
    for _, commands in mine:
        for one_set, base, where in commands:
            gathered.add(tree, one_set, base, where)
    return gathered


def _commands(
    tree: Tree, subject: Subject, source: PackageSource
) -> list[tuple[tuple[Install, ...], str, Where | None]]:
    """The installs of a provisioner's text and of the scripts it runs, each with the folder it runs in."""
    if not isinstance(source.text, str):
        return []
    base = source.path if isinstance(source.path, str) else subject.root
    found = []
    direct = installs(source.text)
    if direct:
        found.append((direct, base, source.where))
    for name in scripts(source.text)[:_MAX_SCRIPTS]:
        path = in_tree(tree, posixpath.join(base, name))
        if path is None:
            continue
        text = text_of(tree, path, limit=_MAX_SCRIPT)
        inner = installs(text) if isinstance(text, str) else ()
        if inner:
            beside = posixpath.dirname(path) if isinstance(text, str) and "dirname" in text else base
            found.append((inner, beside, Where(path=path)))
    return found


def _belongs(
    tree: Tree,
    subject: Subject,
    places: Sequence[str],
    source: PackageSource,
    commands: Sequence[tuple[tuple[Install, ...], str, Where | None]],
) -> bool:
    del tree
    touched = set()
    for one_set, base, _ in commands:
        for one in one_set:
            for name in (one.target, *(posixpath.dirname(file) for file in one.files), ""):
                joined = posixpath.normpath(posixpath.join(base, one.folder, name))
                touched.add("" if joined == "." else joined)
    for place in places:
        for other in touched:
            if other and place and (other == place or other.startswith(place + "/") or place.startswith(other + "/")):
                return True
    address = str(source.options.get("address", "")).rpartition(".")[2]
    words = set(words_of(address))
    return bool(words) and any(words <= set(words_of(name)) for name in subject.names)
