"""The words that Terraform uses for a function's package: names, keys, image repositories, even unevaluated ones."""

from __future__ import annotations

import posixpath
import re

from guard.artifacts.located import Subject
from guard.artifacts.parsing import text_of
from guard.model import PackageSource, Unknown, Where
from guard.trees import Tree

_REFERENCE = re.compile(r"(?:data\.)?(?:aws_[a-z0-9_]+|module|var|local)\.([A-Za-z0-9_-]{1,80})")
_SCHEME = re.compile(r"(?:[0-9]{12}|[a-z0-9-]+)\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/")


def expression_texts(tree: Tree, subject: Subject) -> tuple[str, ...]:
    """Names to compare folders with, the most telling first."""
    found: list[str] = []
    for source in subject.sources:
        found += _of_source(tree, source)
    found += subject.names
    return tuple(dict.fromkeys(text for text in found if text))


def _of_source(tree: Tree, source: PackageSource) -> list[str]:
    found: list[str] = []
    if source.kind == "image":
        if isinstance(source.text, str):
            found.append(image_name(source.text))
        else:
            found += _references(tree, source.where, source.text)
    elif source.kind == "s3":
        key = source.options.get("key")
        if isinstance(key, str):
            found.append(posixpath.splitext(posixpath.basename(key))[0])
        else:
            found += _references(tree, source.where, key if isinstance(key, Unknown) else source.text)
    elif source.kind in {"filename", "layer_filename"}:
        if isinstance(source.path, str):
            found.append(posixpath.splitext(posixpath.basename(source.path))[0])
        else:
            found += _references(tree, source.where, source.path)
    return found


def image_name(uri: str) -> str:
    """The repository and tag of an image URI without its registry: what a person would call it."""
    return _SCHEME.sub("", uri).partition("@")[0]


def _references(tree: Tree, where: Where | None, why: object) -> list[str]:
    """Names of what an expression refers to that could not be evaluated: from its line and from the reason."""
    texts = [why.reason] if isinstance(why, Unknown) else []
    for place in (where, why.where if isinstance(why, Unknown) else None):
        if place is None or place.line is None:
            continue
        text = text_of(tree, place.path)
        lines = text.splitlines() if isinstance(text, str) else []
        if place.line <= len(lines):
            texts.append(lines[place.line - 1])
    return [name for text in texts for name in _REFERENCE.findall(text)]
