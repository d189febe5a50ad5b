"""The package argument: archives, source_path of the Lambda module, install commands, zips beside manifests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from guard.artifacts.commands import Gathered, gather
from guard.artifacts.facts import Wanted
from guard.artifacts.folders import (
    BUILD_FOLDERS,
    CODE_FOLDERS,
    NODE_ORDER,
    in_language,
    only_below,
    pick,
    workspace_lock,
)
from guard.artifacts.install_lines import installs
from guard.artifacts.located import Located, Own, Part, Subject
from guard.artifacts.own_code import files_below
from guard.artifacts.own_imports import foreign_imports
from guard.artifacts.survey import Found, survey
from guard.model import Manifest, PackageSource, Undecided, Unknown
from guard.trees import Tree, TreeFault

_PLACEHOLDER = re.compile(r"(?i)(?:^|[._-])(?:placeholder|dummy|empty|stub|noop|no-op)(?:[._-]|$)")
_CODE = (".py", ".pyc", ".so", ".js", ".mjs", ".cjs", ".ts", ".json", ".sh", ".jar", ".rb", ".go", ".zip", ".whl")
_PYTHON_ORDER = ("uv.lock", "requirements.txt", "poetry.lock", "pyproject.toml")
"""The precedence of ``package.py`` in ``terraform-aws-modules/lambda`` for a plain source_path."""


def from_archives(tree: Tree, subject: Subject) -> Located | None:
    """``archive_file``: folders and files that Terraform zips."""
    archives = [one for one in subject.sources if one.kind == "archive_file"]
    if archives and all(_is_placeholder(one) for one in archives):
        return None
    paths = [one for one in archives if isinstance(one.path, str)]
    if not archives or (not paths and any(isinstance(one.path, Unknown) for one in archives)):
        return None
    folders: list[str] = []
    own: list[Own] = []
    absent: list[str] = []
    for one in paths:
        assert isinstance(one.path, str)
        excludes = texts(one.options, "excludes")
        if tree.is_folder(one.path) and _holds_code(tree, one.path):
            folders.append(one.path)
            own.append(Own(folder=one.path, excludes=excludes))
        elif is_file(tree, one.path):
            own.append(Own(folder=posixpath.dirname(one.path), files=(one.path,)))
        else:
            absent.append(one.path)
    commands = gather(tree, subject, (*folders, *absent))
    if commands is not None and commands.any:
        first = next(iter((*folders, *absent)), "")
        return commands.located(f"a command of {commands.label} installs into {first or '.'}", tuple(own) or None)
    for folder in folders:
        found = _in_packaged(tree, folder, subject)
        if found is not None:
            return _with_choice(tree, found, subject, "archive_file", f"in the packaged folder {folder or '.'}", own)
    if absent:
        return _of_built_folder(tree, subject, absent[0], own)
    return _bare(tree, subject, own, folders)


def _is_placeholder(source: PackageSource) -> bool:
    """Whether an archive only stands in until something else deploys the real code ("placeholder.py", "empty.zip")."""
    names = [source.path, source.options.get("filename"), source.options.get("output_path")]
    return any(isinstance(name, str) and _PLACEHOLDER.search(posixpath.basename(name)) for name in names)


def _holds_code(tree: Tree, folder: str) -> bool:
    """Whether a folder of the tree holds anything to package, or is only kept there for a build to fill."""
    return any(path.endswith(_CODE) for path in files_below(tree, folder)) or bool(survey(tree).packaged_in(folder))


def _in_packaged(tree: Tree, folder: str, subject: Subject) -> Found | Unknown | None:
    listed = survey(tree)
    for place in (folder, posixpath.join(folder, "python") if subject.layer else folder):
        choice = pick(tree, in_language(listed.packaged_in(place), node=subject.node), node=subject.node)
        if choice is not None:
            return choice
    return None


def _with_choice(
    tree: Tree,
    choice: Found | Unknown,
    subject: Subject,
    how: str,
    reason: str,
    own: Sequence[Own],
    *,
    guess: bool = False,
) -> Located:
    if isinstance(choice, Unknown):
        return Located(manifest=choice, own=tuple(own))
    path, member = workspace_lock(tree, choice, node=subject.node)
    manifest = Manifest(path=path, how=how, reason=reason, guess=guess)
    return Located(manifest=manifest, parts=(Part(path=path, wanted=Wanted(member=member)),), own=tuple(own) or None)


def _bare(tree: Tree, subject: Subject, own: Sequence[Own], folders: Sequence[str]) -> Located:
    """A package of files that no manifest lies beside: complete as it is, unless its code imports more."""
    shown = next(iter((*folders, *(file for one in own for file in one.files or ()))), "written by Terraform")
    if subject.node or not folders:
        return Located(manifest=Manifest(path=None, how="none", reason=f"the package is {shown}"), own=tuple(own))
    foreign = [
        name
        for one in own
        if one.folder is not None
        for name in foreign_imports(tree, one.files or files_below(tree, one.folder, one.excludes), one.folder)
    ]
    if not foreign or subject.layers:
        reason = f"{shown or '.'} holds no manifest"
        if foreign:
            reason += "; what it imports must come from its layers"
        return Located(manifest=Manifest(path=None, how="none", reason=reason), own=tuple(own))
    for folder in folders:
        if posixpath.basename(folder) in CODE_FOLDERS:
            parent = posixpath.dirname(folder)
            choice = pick(tree, in_language(survey(tree).packaged_in(parent), node=False))
            if choice is not None:
                return _with_choice(
                    tree, choice, subject, "archive_file", f"beside the packaged folder {folder}", own, guess=True
                )
    names = ", ".join(foreign[:4])
    return Located(
        manifest=Unknown(
            reason=f"{shown or '.'} imports {names}, but holds no manifest and no command installs into it",
            where=subject.where,
            remedy=subject.remedy,
            fingerprint=subject.fingerprint,
        ),
        own=tuple(own),
    )


def _of_built_folder(tree: Tree, subject: Subject, path: str, own: Sequence[Own]) -> Located | None:
    """A packaged folder that a build makes: its manifest lies where it is built from."""
    for place in _built_from(path):
        choice = pick(tree, in_language(survey(tree).packaged_in(place), node=subject.node), node=subject.node)
        if choice is not None:
            return _with_choice(tree, choice, subject, "archive_file", f"{path} is built beside it", own, guess=True)
    below = only_below(tree, posixpath.dirname(path), node=subject.node)
    if below is not None:
        reason = f"{path} is built, and no other manifest lies below its parent"
        return _with_choice(tree, below, subject, "archive_file", reason, own, guess=True)
    return None


def _built_from(path: str) -> Iterator[str]:
    """The folder of something built, or the one above the build folders it lies in."""
    place = path
    while place and (posixpath.basename(place).lower() in BUILD_FOLDERS or place == path):
        place = posixpath.dirname(place)
        yield place


def from_zip(tree: Tree, subject: Subject) -> Located | None:
    """A literal zip path: the zip itself when it is there, else the manifest beside it."""
    for one in subject.sources:
        if one.kind not in {"filename", "layer_filename"} or not isinstance(one.path, str):
            continue
        folder = posixpath.dirname(one.path)
        places = [folder]
        while posixpath.basename(places[-1]).lower() in BUILD_FOLDERS:
            places.append(posixpath.dirname(places[-1]))
        if is_file(tree, one.path) and not _is_placeholder(one):
            manifest = Manifest(path=None, how="filename", reason=f"{one.path} is in the tree and read as it is")
            return Located(manifest=manifest, built=one.path)
        places.append(posixpath.splitext(one.path)[0])
        for place in places:
            if not place:
                # A zip that is built into the root of the tree says nothing of where its code lies.
                continue
            choice = pick(tree, in_language(survey(tree).packaged_in(place), node=subject.node), node=subject.node)
            if choice is not None:
                own = (Own(folder=place),)
                return _with_choice(tree, choice, subject, "filename", f"beside {one.path}", own)
    return None


def from_commands(tree: Tree, subject: Subject) -> Located | None:
    """Provisioners whose commands install into the place of a zip that is named."""
    places = [
        posixpath.dirname(one.path)
        for one in subject.sources
        if one.kind in {"filename", "layer_filename"} and isinstance(one.path, str)
    ]
    if not places:
        return None
    found = gather(tree, subject, [place for place in places if place])
    return found.located(f"a command of {found.label} builds it", None) if found is not None and found.any else None


# --- terraform-aws-modules/lambda -----------------------------------------------------------------


def from_source_paths(tree: Tree, subject: Subject) -> Located | None:
    """``source_path`` of ``terraform-aws-modules/lambda``, with that module's own precedence.

    A plain path: uv.lock or uv's build backend, then requirements.txt, then poetry (Node: package.json). A table
    installs only what it asks for (``pip_requirements``, ``poetry_install``, ``npm_requirements``, ``commands``).
    """
    entries = [one for one in subject.sources if one.kind == "source_path"]
    if not entries:
        return None
    parts: list[Part] = []
    own: list[Own] = []
    undecided: list[Undecided] = []
    reasons: list[str] = []
    gathered = Gathered(label="source_path")
    for one in entries:
        if isinstance(one.path, Unknown):
            what = "source_path"
            undecided.append(
                Undecided(what=what, reason=one.path.reason, where=one.path.where or one.where, remedy=subject.remedy)
            )
            continue
        path = one.path or ""
        patterns = texts(one.options, "patterns")
        if one.path is not None:
            if tree.is_folder(path):
                own.append(Own(folder=path, excludes=_excluded_by(patterns)))
            elif is_file(tree, path):
                own.append(Own(folder=posixpath.dirname(path), files=(path,)))
            else:
                undecided.append(
                    Undecided(what=path[:120], reason="is not in the tree", where=one.where, remedy=subject.remedy)
                )
        found, reason = _entry(tree, one, path, subject, gathered)
        parts += found
        reasons += [reason] if reason else []
    if undecided and not own and not parts:
        first = undecided[0]
        return Located(manifest=Unknown(reason=f"{first.what} {first.reason}", where=first.where, remedy=first.remedy))
    if gathered.any:
        found_by_command = gathered.located("the commands of source_path install it", tuple(own) or None)
        parts += found_by_command.parts
        reasons.append("the commands of source_path install it")
    path_of_first = parts[0].path if parts else None
    how = "source_path" if parts else "none"
    reason = reasons[0] if reasons else "source_path asks for no dependencies"
    return Located(
        manifest=Manifest(path=path_of_first, how=how, reason=reason),
        parts=tuple(parts),
        packages=tuple(gathered.packages),
        own=tuple(own) or None,
        undecided=(*undecided, *gathered.undecided),
    )


def _entry(tree: Tree, one: PackageSource, path: str, subject: Subject, gathered: Gathered) -> tuple[list[Part], str]:
    options = one.options
    listed = {found.kind: found for found in survey(tree).everything_in(path)} if tree.is_folder(path) else {}
    if not options:
        for kind in NODE_ORDER if subject.node else _PYTHON_ORDER:
            if kind == "requirements.txt":
                exact = posixpath.join(path, "requirements.txt")
                if is_file(tree, exact):
                    return [Part(path=exact)], f"in source_path {path or '.'}"
            elif kind in listed:
                lock, member = workspace_lock(tree, listed[kind], node=subject.node)
                return [Part(path=lock, wanted=Wanted(member=member))], f"in source_path {path or '.'}"
        return [], ""
    commands = "\n".join(line for line in texts(options, "commands") if not line.startswith(":"))
    if commands:
        gathered.add(tree, installs(commands), path, one.where)
    named = options.get("pip_requirements")
    if isinstance(named, str) and not subject.node:
        return [Part(path=_placed(subject, named))], "pip_requirements of source_path names it"
    if named is True and not subject.node and is_file(tree, posixpath.join(path, "requirements.txt")):
        return [Part(path=posixpath.join(path, "requirements.txt"))], "pip_requirements of source_path"
    if options.get("poetry_install") is True and not subject.node:
        for kind in ("poetry.lock", "pyproject.toml"):
            if kind in listed:
                return [Part(path=listed[kind].path)], "poetry_install of source_path"
    if options.get("uv_install") is True and "uv.lock" in listed:
        return [Part(path=listed["uv.lock"].path)], "uv_install of source_path"
    npm = options.get("npm_requirements", options.get("npm_package_json"))
    if npm and subject.node:
        for kind in NODE_ORDER:
            if kind in listed:
                return [Part(path=listed[kind].path)], "npm_requirements of source_path"
    return [], ""


def _placed(subject: Subject, path: str) -> str:
    """A path of a table as Terraform has it, relative to the tree's root."""
    joined = posixpath.normpath(posixpath.join(subject.root, path))
    return "" if joined == "." else joined


def _excluded_by(patterns: Sequence[str]) -> tuple[str, ...]:
    """The module's ``patterns`` are regular expressions; ``!name/.*`` leaves a folder out."""
    found = []
    for line in "\n".join(patterns).splitlines():
        text = line.strip()
        if text.startswith("!"):
            found.append(text[1:].replace("\\.", ".").replace("/.*", "").replace(".*", "*").strip("^$"))
    return tuple(found)


def is_file(tree: Tree, path: str) -> bool:
    """Whether a path (links followed) is a file of the tree."""
    try:
        return tree.resolve(path).kind == "file"
    except TreeFault:
        return False


def texts(options: Mapping[str, object], key: str) -> tuple[str, ...]:
    """The strings of a list under a key, or one string."""
    value = options.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, Sequence) else ()
