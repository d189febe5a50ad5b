"""Which files of a tree are manifests, and which of them can belong to production. Listed once per tree."""

from __future__ import annotations

import posixpath
import re
import weakref
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guard.trees import Tree

_DEV_WORD = (
    r"(?:tests?|testing|dev|devel|develop|development|docs?|examples?|samples?|lint|linting|linters?|ci|build|tox|"
    r"scripts?|tools?|tooling|benchmarks?|bench|local|localdev|mocks?|fixtures?|notebooks?|tutorials?|e2e|"
    r"integration|acceptance|unit|smoke|old|legacy|deprecated|backup|bak|orig|locust|perf|performance|debug|typing|mypy|quality|style|pre-?commit)"
)
_DEV_FILE = re.compile(rf"(?:^|[._\-]){_DEV_WORD}(?:[._\-]|\Z)", re.IGNORECASE)
_DEV_FOLDER = re.compile(
    r"(?:^|[._\-])(?:tests?|testing|docs?|examples?|samples?|scripts?|benchmarks?|bench|mocks?|fixtures?|notebooks?|"
    r"tutorials?|e2e|locust|pact|demos?|site-packages|node_modules|vendor|manual)(?:[._\-]|\Z)|\A\.[a-z]",
    re.IGNORECASE,
)
_REQUIREMENTS = re.compile(
    r"(?:\A|[._\-])requirements[^/]*\.(?:txt|pip|lock)\Z|\Arequirements[^/]*\.in\Z", re.IGNORECASE
)
_EXACT = {
    "uv.lock": "uv.lock",
    "poetry.lock": "poetry.lock",
    "pdm.lock": "pdm.lock",
    "Pipfile.lock": "Pipfile.lock",
    "pyproject.toml": "pyproject.toml",
    "setup.cfg": "setup.py",
    "setup.py": "setup.py",
    "package-lock.json": "package-lock.json",
    "npm-shrinkwrap.json": "package-lock.json",
    "yarn.lock": "yarn.lock",
    "pnpm-lock.yaml": "pnpm-lock.yaml",
    "bun.lock": "bun.lock",
    "package.json": "package.json",
}
_PYLOCK = re.compile(r"pylock(?:\.[^./]+)?\.toml\Z")
_DOCKERFILE = re.compile(r"(?:.*[._-])?(?:Dockerfile|Containerfile)(?:[._-][^/]*)?\Z", re.IGNORECASE)
NODE_KINDS = frozenset({"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "package.json"})
_SURVEYS: weakref.WeakKeyDictionary[Tree, Survey] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A manifest of the tree: its path, folder, kind (a key of ``formats.READERS``).

    ``by_name``: its own name does not say that it is for development; ``production``: nor do its folders.
    """

    path: str
    folder: str
    kind: str
    by_name: bool
    production: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """The manifests and Dockerfiles of a tree."""

    manifests: tuple[Found, ...]
    dockerfiles: tuple[str, ...]
    by_folder: Mapping[str, tuple[Found, ...]]
    paths: tuple[str, ...]
    """Every file of the tree, sorted."""
    named: Mapping[str, tuple[str, ...]]
    """Paths by file name."""

    def below(self, folder: str) -> tuple[str, ...]:
        """The files at or below a folder, sorted; "" is the whole tree."""
        if not folder:
            return self.paths
        first = bisect_left(self.paths, folder + "/")
        return self.paths[first : bisect_left(self.paths, folder + "0")]

    def in_folder(self, folder: str) -> tuple[Found, ...]:
        """Production manifests directly in a folder."""
        return tuple(found for found in self.everything_in(folder) if found.production)

    def packaged_in(self, folder: str) -> tuple[Found, ...]:
        """Manifests in a folder that Terraform or settings name: then only their own names can speak against them."""
        return tuple(found for found in self.everything_in(folder) if found.by_name)

    def everything_in(self, folder: str) -> tuple[Found, ...]:
        """Every manifest directly in a folder, whatever its name says."""
        return self.by_folder.get(folder, ())


def kind_of(path: str) -> str | None:
    """The format of a manifest by its file name, None if it is none."""
    name = posixpath.basename(path)
    if name in _EXACT:
        return _EXACT[name]
    if _PYLOCK.match(name):
        return "pylock.toml"
    in_its_folder = name.endswith(".txt") and posixpath.basename(posixpath.dirname(path)) == "requirements"
    return "requirements.txt" if in_its_folder or _REQUIREMENTS.search(name) else None


def is_dev_name(name: str) -> bool:
    """Whether a file's name says that it is for tests, development, documentation or tools."""
    stem = name.rsplit(".", 1)[0]
    return bool(_DEV_FILE.search(stem))


def is_dev_folder(folder: str) -> bool:
    """Whether a folder's path says that nothing in it is deployed."""
    return any(_DEV_FOLDER.search(part) for part in folder.split("/") if part)


def survey(tree: Tree) -> Survey:
    """The manifests of a tree, from its listing alone."""
    kept = _SURVEYS.get(tree)
    if kept is None:
        kept = _SURVEYS[tree] = _look(tree.entries())
    return kept


def _look(paths: Iterable[str]) -> Survey:
    ordered = tuple(sorted(paths))
    named: dict[str, list[str]] = {}
    manifests: list[Found] = []
    dockerfiles: list[str] = []
    for path in ordered:
        name = posixpath.basename(path)
        named.setdefault(name, []).append(path)
        folder = posixpath.dirname(path)
        kind = kind_of(path)
        if kind is not None:
            by_name = not is_dev_name(name)
            production = by_name and not is_dev_folder(folder)
            manifests.append(Found(path=path, folder=folder, kind=kind, by_name=by_name, production=production))
        elif _DOCKERFILE.match(name) and not name.endswith((".dockerignore", ".md", ".py", ".sh")):
            dockerfiles.append(path)
    by_folder: dict[str, tuple[Found, ...]] = {}
    for found in manifests:
        by_folder[found.folder] = (*by_folder.get(found.folder, ()), found)
    return Survey(
        manifests=tuple(manifests),
        dockerfiles=tuple(dockerfiles),
        by_folder=by_folder,
        paths=ordered,
        named={name: tuple(found) for name, found in named.items()},
    )
