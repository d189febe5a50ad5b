"""The installed layout of a wheel: which modules its members make importable on one interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from guard.footprint.conditions import Target

Kind: TypeAlias = Literal["py", "ext"]

_SUFFIX: Final = re.compile(r"\.(?:(cpython-(\d)(\d+)\w*|cp\d+|abi3|pypy\w*)[\w-]*\.)?(so|py)\Z")
_DATA: Final = re.compile(r"\A[^/]+\.data/(?:purelib|platlib)/")
MAX_MEMBERS: Final = 200_000
"""Members looked at in one wheel; the largest of the measured sets has 24,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One importable module: its path in the wheel, kind, unpacked bytes, whether it is a package.

    ``twin``: the Python or Cython source of the same name beside an extension module, "" if there is none.
    """

    path: str
    kind: Kind
    size: int
    package: bool
    twin: str = ""


def modules_of(names: Mapping[str, int], target: Target) -> dict[str, Member]:
    """Modules by full name, as the import system would find them after installing the wheel."""
    found: dict[str, Member] = {}
    for path in sorted(names)[:MAX_MEMBERS]:
        suffix = _SUFFIX.search(path)
        if suffix is None or ".dist-info/" in path:
            continue
        name = _module_name(path, suffix.start())
        if not name or not _fits(suffix, target):
            continue
        package = name.endswith(".__init__")
        if package:
            name = name.removesuffix(".__init__")
        kind: Kind = "py" if suffix.group(4) == "py" else "ext"
        stem = path[: suffix.start()]
        twin = next((stem + end for end in (".py", ".pyx") if kind == "ext" and stem + end in names), "")
        member = Member(path=path, kind=kind, size=names[path], package=package, twin=twin)
        before = found.get(name)
        if before is None or _rank(member) > _rank(before):
            found[name] = member
    return found


def _rank(member: Member) -> int:
    """The import system's order: packages, then extension modules, then source."""
    return 2 * member.package + (member.kind == "ext")


def _module_name(path: str, end: int) -> str:
    parts = _DATA.sub("", path[:end]).split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


def _fits(suffix: re.Match[str], target: Target) -> bool:
    tag = suffix.group(1) or ""
    if tag.startswith("cpython-"):
        return (int(suffix.group(2)), int(suffix.group(3))) == target.python
    return not tag.startswith(("cp", "pypy"))


def namespaces_of(modules: Iterable[str]) -> set[str]:
    """Every package that is only a folder (PEP 420) above these modules."""
    found: set[str] = set()
    for name in modules:
        parent = name.rpartition(".")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition(".")[0]
    return found


def libraries_of(names: Mapping[str, int]) -> dict[str, tuple[str, int]]:
    """Shared libraries of a wheel by file name (what DT_NEEDED asks for): (path, bytes)."""
    return {
        path.rpartition("/")[2]: (path, size)
        for path, size in sorted(names.items())
        if re.search(r"\.so(?:\.[\w.]+)?\Z", path)
    }
