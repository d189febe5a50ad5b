"""Runtime and architecture to wheel tags and marker environment: what a Lambda function can load.

glibc is 2.26 on Amazon Linux 2 (runtimes up to python3.11) and 2.34 on Amazon Linux 2023 (from python3.12),
for both architectures (AWS Lambda developer guide, "Lambda runtimes").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from packaging.tags import Tag, compatible_tags, cpython_tags

from guard.model import Function, FunctionHint, Unknown

_PYTHON = re.compile(r"(?:python)?3\.(\d{1,2})\Z")
_GLIBC = re.compile(r"(many|musl)linux_(\d{1,2})_(\d{1,2})_(x86_64|aarch64)\Z")
_OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
_LAST_PATCH = {7: 17, 8: 20, 9: 24, 10: 19, 11: 14, 12: 12, 13: 11, 14: 3}
"""Managed runtimes follow the last patch release of their minor version (python.org release list)."""
ASSUMED_PYTHON = "3.12"
"""Markers are evaluated for this where a function's Python cannot be known; its wheels then stay unknown."""

RUNTIME_PROVIDED = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"})
"""What every managed Python runtime brings (AWS Lambda developer guide, "Runtime-included SDK versions")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What distributions are selected for: Python ``3.12``, wheel platform ``manylinux_2_34_x86_64``.

    ``assumed``: the Python version is not known and :data:`ASSUMED_PYTHON` stands in for it.
    """

    python: str
    platform: str
    assumed: bool = False

    @property
    def environment(self) -> Mapping[str, str]:
        """The marker environment (PEP 508) of that interpreter on Lambda."""
        return _environment(self.python, self.platform)

    @property
    def tags(self) -> tuple[Tag, ...]:
        """Every wheel tag that it can load, best first."""
        return tags(self.python, self.platform)


def python_of(runtime: str | None) -> str | None:
    """``python3.12`` (or ``3.12``) to ``3.12``; None for any other runtime."""
    match = _PYTHON.match(runtime or "")
    return f"3.{match.group(1)}" if match else None


def glibc_of(python: str) -> tuple[int, int]:
    """The glibc of the managed runtime of a Python version."""
    return (2, 26) if int(python.split(".")[1]) <= 11 else (2, 34)


def machine_of(architecture: str) -> str | None:
    """``arm64`` to ``aarch64``, ``x86_64`` to itself; None for anything else."""
    return _ARCHITECTURES.get(architecture)


def platform_tag(python: str, machine: str) -> str:
    """The newest manylinux tag that the managed runtime of a Python version loads."""
    major, minor = glibc_of(python)
    return f"manylinux_{major}_{minor}_{machine}"


def clean_platform(text: str) -> str | None:
    """A platform tag as a person writes it (``manylinux2014_x86_64``, ``linux_arm64``), or None if it is none."""
    text = text.strip().lower().replace("-", "_")
    for old, (major, minor) in _OLD_NAMES.items():
        if text.startswith(old + "_"):
            machine = machine_of(text[len(old) + 1 :])
            return f"manylinux_{major}_{minor}_{machine}" if machine else None
    if text.endswith("_arm64"):
        text = text.removesuffix("_arm64") + "_aarch64"
    if text in {"linux_x86_64", "linux_aarch64"} or _GLIBC.match(text):
        return text
    return None


def target_of(
    function: Function, hint: FunctionHint | None, *, python: str | None = None, libc: str = ""
) -> Target | Unknown:
    """The target of a function: settings, else what its image or build command says, else its runtime.

    ``libc`` is a whole platform tag or one without its architecture (``manylinux_2_36``).
    """
    architectures = function.architectures
    where = function.setting_where.get("architectures", function.where)
    if isinstance(architectures, Unknown):
        return Unknown(
            reason=f"architecture unknown: {architectures.reason}",
            where=architectures.where or where,
            remedy='platform = "manylinux_2_34_x86_64" in [[tool.guard.functions]]',
        )
    machine = machine_of((architectures or ("x86_64",))[0]) if architectures != () else "x86_64"
    if machine is None:
        return Unknown(reason=f"unknown architecture {str(architectures)[:60]}", where=where)
    runtime = function.runtime
    found = python or (python_of(runtime) if isinstance(runtime, str) else None)
    chosen = found or ASSUMED_PYTHON
    said = clean_platform(hint.platform) if hint and hint.platform else None
    if hint and hint.platform and said is None:
        return Unknown(
            reason=f"platform {hint.platform[:60]!r} is no wheel platform tag such as manylinux_2_34_x86_64",
            where=hint.where,
            remedy="correct platform in [[tool.guard.functions]]",
        )
    platform = said or clean_platform(libc) or (f"{libc}_{machine}" if libc else platform_tag(chosen, machine))
    return Target(python=chosen, platform=platform, assumed=found is None)


def _platforms(platform: str) -> Iterator[str]:
    match = _GLIBC.match(platform)
    if match is None:
        yield platform
        return
    family, major, minor, machine = match.group(1), int(match.group(2)), int(match.group(3)), match.group(4)
    lowest = 0 if family == "musl" else (5 if machine == "x86_64" else 17)
    old = {number: name for name, number in _OLD_NAMES.items()} if family == "many" else {}
    for step in range(min(minor, 99), lowest - 1, -1):
        yield f"{family}linux_{major}_{step}_{machine}"
        if (major, step) in old:
            yield f"{old[major, step]}_{machine}"
    yield f"linux_{machine}"


@lru_cache(maxsize=64)
def tags(python: str, platform: str) -> tuple[Tag, ...]:
    """Wheel tags for a Python version and a platform tag, best first (PEP 425, PEP 600, PEP 656)."""
    minor = int(python.split(".")[1])
    platforms = list(_platforms(platform))
    found = list(cpython_tags(python_version=(3, minor), platforms=platforms))
    found += compatible_tags(python_version=(3, minor), interpreter=f"cp3{minor}", platforms=platforms)
    return tuple(found)


@lru_cache(maxsize=64)
def tag_order(python: str, platform: str) -> Mapping[Tag, int]:
    """Each tag's place in :func:`tags`."""
    order: dict[Tag, int] = {}
    for place, tag in enumerate(tags(python, platform)):
        order.setdefault(tag, place)
    return order


@lru_cache(maxsize=64)
def _environment(python: str, platform: str) -> Mapping[str, str]:
    minor = int(python.split(".")[1])
    full = f"{python}.{_LAST_PATCH.get(minor, 0)}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": "aarch64" if platform.endswith("aarch64") else "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": python,
        "sys_platform": "linux",
        "extra": "",
    }
