"""Guesses: folders whose names resemble a function's, its handler's file, the only manifest of a repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guard.artifacts.located import Subject
from guard.artifacts.survey import is_dev_folder, survey
from guard.trees import Tree

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_GENERIC = frozenset(
    [
        "lambda",
        "lambdas",
        "function",
        "functions",
        "fn",
        "aws",
        "module",
        "modules",
        "this",
        "src",
        "source",
        "app",
        "apps",
        "main",
        "handler",
        "handlers",
        "index",
        "service",
        "services",
        "prod",
        "production",
        "dev",
        "development",
        "staging",
        "stage",
        "preprod",
        "sandbox",
        "default",
        "python",
        "py",
        "python3",
        "node",
        "nodejs",
        "js",
        "ts",
        "zip",
        "zips",
        "image",
        "images",
        "docker",
        "container",
        "repo",
        "repository",
        "repositories",
        "ecr",
        "package",
        "packages",
        "code",
        "build",
        "dist",
        "deployment",
        "deploy",
        "terraform",
        "tf",
        "infra",
        "infrastructure",
        "requirements",
        "deps",
        "dependencies",
        "the",
        "and",
        "of",
        "for",
        "a",
        "an",
        "to",
        "v",
        "pkg",
        "bin",
        "lib",
        "libs",
        "common",
        "shared",
        "core",
        "tasks",
        "task",
        "job",
        "jobs",
        "region",
        "eu",
        "us",
        "ap",
        "west",
        "east",
        "north",
        "south",
        "central",
        "latest",
        "url",
        "uri",
        "arn",
        "key",
        "name",
    ]
)
_PLAIN = frozenset({"lambda", "function", "fn", "aws", "this"})
_LAYERS = frozenset({"layer", "layers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A folder, why it was taken, and how much of the names agrees."""

    folder: str
    reason: str


def words_of(text: str, *, generic: bool = False) -> tuple[str, ...]:
    """The words of a name in lower case; generic ones ("lambda", "prod", "handler") only when asked for."""
    found = [word.lower() for word in _WORDS.findall(text)]
    kept = [word for word in found if generic or (word not in _GENERIC and not word.isdecimal())]
    return tuple(kept)


def by_name(folders: Iterable[str], subject: Subject, texts: Sequence[str]) -> Guess | list[str] | None:
    """The folder whose own name best fits one of the texts; a list of several that fit alike; None of none.

    A folder's name fits when all its telling words are in the text, and they are two or more, or at least half of
    the text's. Ties go to the folder nearest to where Terraform defines the function.
    """
    skip = frozenset() if subject.layer else _LAYERS
    spoken = [(text, [word for word in words_of(text) if word not in skip]) for text in texts if text]
    scored: list[tuple[tuple[float, ...], str, str]] = []
    for folder in folders:
        for place, segment in enumerate(reversed(folder.split("/"))):
            mine = [word for word in words_of(segment) if word not in skip]
            if not mine:
                continue
            best = max((_fit(mine, words, text) for text, words in spoken), default=(0.0, ""))
            if best[0] > 0:
                near = _shared(folder, posixpath.dirname(subject.where.path))
                scored.append(((best[0], -place, near), folder, best[1]))
            break
    if not scored:
        return None
    top = max(score for score, _, _ in scored)
    winners = sorted({folder for score, folder, _ in scored if score == top})
    if len(winners) > 1:
        return winners
    text = next(text for score, folder, text in scored if score == top)
    return Guess(folder=winners[0], reason=f"the folder {winners[0] or '.'} is named like {text[:60]!r}")


def _fit(mine: Sequence[str], words: Sequence[str], text: str) -> tuple[float, str]:
    """How much of a text a folder's name covers: 1 is all of it, 0 is no fit."""
    if not words:
        return (0.0, "")
    if set(mine) <= set(words):
        share = len(set(mine)) / len(set(words))
        letters = sum(map(len, set(mine)))
        if (len(set(mine)) >= 2 and letters >= 6) or share >= 0.5:
            return (share, text)
        return (0.0, "")
    joined, spoken = "".join(mine), "".join(words)
    if joined == spoken and len(joined) >= 4:
        return (1.0, text)
    return (0.0, "")


def same_words(name: str, texts: Sequence[str]) -> bool:
    """Whether a name has exactly the words of one of the texts ("load-testing" and "load_testing")."""
    mine = set(words_of(name, generic=True)) - _PLAIN
    return len(mine) > 1 and any(set(words_of(text, generic=True)) - _PLAIN == mine for text in texts)


def _shared(one: str, other: str) -> int:
    """How many leading folders two paths have in common."""
    count = 0
    for mine, theirs in zip(one.split("/"), other.split("/"), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def handler_files(tree: Tree, handler: str) -> list[str]:
    """The files of the tree that a handler can mean: its module path below any folder."""
    module = handler.rpartition(".")[0].replace(".", "/") if "/" not in handler else handler.rpartition(".")[0]
    if not module:
        return []
    named = survey(tree).named
    return sorted(
        path
        for ending in (f"{module}{suffix}" for suffix in (".py", "/__init__.py", ".js", ".ts", ".mjs"))
        for path in named.get(posixpath.basename(ending), ())
        if (path == ending or path.endswith("/" + ending)) and not is_dev_folder(posixpath.dirname(path))
    )


def import_root(path: str, handler: str) -> str:
    """The folder that a handler's module path starts from."""
    depth = handler.rpartition(".")[0].replace("/", ".").count(".") + (2 if path.endswith("__init__.py") else 1)
    return "/".join(path.split("/")[:-depth])
