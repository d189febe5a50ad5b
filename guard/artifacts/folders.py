"""Which manifest of a folder decides, and whose dependencies a folder inherits from above."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from guard.artifacts.facts import SETTINGS
from guard.artifacts.parsing import text_of, toml_of
from guard.artifacts.pyproject import declares
from guard.artifacts.survey import NODE_KINDS, Found, survey
from guard.model import Unknown, Where
from guard.trees import Tree

_LOCKS = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock")
NODE_ORDER = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "package.json")
BUILD_FOLDERS = frozenset(
    {"dist", "build", "target", "out", "output", "bin", "package", "packages", "packaged", "zip", "zips", "artifacts",
     "artifact", "archive", "archives", "tmp", "temp", ".build", ".dist", "payload", "deploy", "release", "releases"}
)  # fmt: skip
"""Names of folders into which packages are built: what is in them was made from their parent."""
CODE_FOLDERS = frozenset({"src", "app", "code", "python", "source", "lambda", "function", "handler", "package"})
"""Names of folders that hold a project's code while its manifest lies beside them."""
_DEV_TOOLS = re.compile(
    r"(?mi)^(?:pytest|tox|nox|sphinx|pylint|flake8|mypy|black|ruff|isort|bandit|coverage|pre-commit|moto|mkdocs|"
    r"nose|pycodestyle|twine|autopep8|yapf|hypothesis|behave|locust|ipython|jupyter)\b"
)
_PRODUCTION = ("lambda", "prod", "production", "main", "base", "common")
_PIN = re.compile(r"(?m)^[A-Za-z0-9][^#\n;]*===?[^#\n]")


def pick(tree: Tree, found: Sequence[Found], *, node: bool = False) -> Found | Unknown | None:
    """The manifest of one folder that decides what is installed from it; Unknown where two could.

    A pinned requirements.txt is what deployment tools install from; without pins the lock beside it knows better.
    """
    if node:
        return next((one for kind in NODE_ORDER for one in found if one.kind == kind), None)
    plain = [one for one in found if one.kind == "requirements.txt"]
    exact = [one for one in plain if posixpath.basename(one.path) == "requirements.txt"]
    exact = exact or sorted((one for one in plain if _rank(one) < len(_PRODUCTION)), key=_rank)
    requirements = (exact or plain)[0] if exact or len(plain) == 1 else None
    lock = next((one for kind in _LOCKS for one in found if one.kind == kind), None)
    if requirements is not None and (lock is None or _is_pinned(tree, requirements.path)):
        return requirements
    if lock is not None:
        return lock
    if len(plain) > 1:
        names = ", ".join(posixpath.basename(one.path) for one in plain[:4])
        return Unknown(
            reason=f"several requirements files lie in {plain[0].folder or '.'} ({names})",
            where=Where(path=plain[0].path),
            remedy=f"name the one: manifest in {SETTINGS}",
        )
    for one in found:
        if one.kind == "pyproject.toml":
            project = toml_of(tree, one.path)
            if isinstance(project, Unknown) or declares(project):
                return one
    return next((one for one in found if one.kind == "setup.py"), None)


def _rank(found: Found) -> int:
    """How clearly a requirements file's name says that it is what production installs."""
    stem = posixpath.basename(found.path).rsplit(".", 1)[0].lower()
    words = re.split(r"[._-]", stem)
    return next((place for place, word in enumerate(_PRODUCTION) if word in words), len(_PRODUCTION))


def _is_pinned(tree: Tree, path: str) -> bool:
    text = text_of(tree, path)
    return isinstance(text, str) and bool(_PIN.search(text) or "-r " in text)


def here_or_above(tree: Tree, folder: str, *, node: bool = False) -> Found | Unknown | None:
    """The nearest manifest that decides, from a folder upward to the root of the tree."""
    for place in upward(folder):
        choice = pick(tree, in_language(survey(tree).in_folder(place), node=node), node=node)
        if choice is not None:
            return choice
    return None


def upward(folder: str) -> Iterator[str]:
    """A folder and everything above it, the tree's root last."""
    place = folder
    while True:
        yield place
        if not place:
            return
        place = posixpath.dirname(place)


def in_language(found: Sequence[Found], *, node: bool) -> tuple[Found, ...]:
    """The manifests of Node, or those of Python."""
    return tuple(one for one in found if (one.kind in NODE_KINDS) == node)


def workspace_lock(tree: Tree, choice: Found, *, node: bool = False) -> tuple[str, str]:
    """The lock that decides for a manifest without one, further up: (lock path, the member's folder in it).

    A uv workspace has one uv.lock at its root, and npm, yarn, pnpm and bun workspaces one lock: a manifest of a
    member names ranges only.
    """
    if choice.kind not in {"pyproject.toml", "package.json"}:
        return choice.path, ""
    kinds = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock") if node else ("uv.lock",)
    for place in upward(posixpath.dirname(choice.folder) if choice.folder else ""):
        for one in survey(tree).in_folder(place):
            if one.kind in kinds and place != choice.folder:
                return one.path, posixpath.relpath(choice.folder, place or ".")
    return choice.path, ""


def member_of(tree: Tree, manifest: str, source: str) -> str:
    """The project of a shared lock that a source folder is, relative to the lock's folder; "" for the lock's own."""
    folder = posixpath.dirname(manifest)
    if source == folder or not (source.startswith(folder + "/") or not folder):
        return ""
    inner = posixpath.relpath(source, folder or ".")
    has_project = any(one.kind in {"pyproject.toml", "package.json"} for one in survey(tree).in_folder(source))
    return inner if has_project and inner != "." else ""


def is_for_development(tree: Tree, found: Found) -> bool:
    """Whether a requirements file lists development tools: it serves people, not a function."""
    if found.kind != "requirements.txt":
        return False
    text = text_of(tree, found.path)
    return isinstance(text, str) and len({match.lower() for match in _DEV_TOOLS.findall(text)}) >= 2


def only_below(tree: Tree, folder: str, *, node: bool = False) -> Found | None:
    """The manifest of the only folder at or below one that has any; None for the root of the tree."""
    if not folder:
        return None
    listed = survey(tree)
    places = {
        found.folder
        for found in listed.manifests
        if found.production and (found.folder == folder or found.folder.startswith(folder + "/"))
    }
    choices = [pick(tree, in_language(listed.in_folder(place), node=node), node=node) for place in sorted(places)]
    known = [choice for choice in choices if choice is not None]
    only = known[0] if len(known) == 1 else None
    return only if isinstance(only, Found) else None
