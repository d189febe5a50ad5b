"""Resolving requirements that are not pinned, by ``uv pip compile``: both commits at one instant.

uv is given names and specifiers only (no options, no URLs of the change), runs in an empty folder, and may not
build anything, so nothing of the change is executed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name

from guard.artifacts.index_settings import index_settings
from guard.artifacts.platforms import Target
from guard.cache import Cache, digest
from guard.model import Unknown

_KIND = "resolution-1"
_GLIBC = (17, 28, *range(31, 41))
"""The manylinux versions that uv takes as ``--python-platform`` (uv's CLI reference)."""
_TIMEOUT = 180
_MAX_OUTPUT = 4 * 2**20
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


class Resolver(Protocol):
    """Turns requirements that are not pinned into versions, for a target, at one instant for both commits."""

    def resolve(
        self, requirements: Sequence[str], constraints: Sequence[str], target: Target
    ) -> Mapping[str, str] | Unknown:
        """Normalised name to version of everything that would be installed, or why nobody can say."""
        ...


class UvResolver:
    """Asks uv. ``instant``: nothing uploaded after the start of its UTC day counts, so that results can be kept."""

    def __init__(self, environ: Mapping[str, str], cache: Cache, instant: datetime, *, uv: str | None = None) -> None:
        self._environ = environ
        self._cache = cache
        day = instant.astimezone(UTC).date().isoformat()
        self._instant = f"{day}T00:00:00Z"
        self._uv = uv or find_uv(environ)
        self._settings = index_settings(environ)
        self._answers: dict[str, Mapping[str, str] | Unknown] = {}

    def resolve(
        self, requirements: Sequence[str], constraints: Sequence[str], target: Target
    ) -> Mapping[str, str] | Unknown:
        """Everything that would be installed; from the cache where the same was asked on the same day."""
        parts = (*sorted(requirements), "", *sorted(constraints), "", target.python, target.platform)
        key = digest(*parts, "", self._instant, *self._settings.indexes, *self._settings.find_links)
        if key not in self._answers:
            self._answers[key] = self._kept(key) or self._ask(key, requirements, constraints, target)
        return self._answers[key]

    def _kept(self, key: str) -> Mapping[str, str] | None:
        kept = self._cache.get(_KIND, key)
        if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
            return None
        return {str(name): value for name, value in kept.items()}

    def _ask(
        self, key: str, requirements: Sequence[str], constraints: Sequence[str], target: Target
    ) -> Mapping[str, str] | Unknown:
        if self._uv is None:
            return Unknown(reason="uv is not installed, so nothing can be resolved", remedy="pip install uv")
        platform = uv_platform(target.platform)
        if platform is None:
            return Unknown(reason=f"uv does not resolve for {target.platform[:60]}", remedy="pin the requirements")
        with tempfile.TemporaryDirectory(prefix="guard-uv-") as folder:
            (Path(folder) / "in.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
            (Path(folder) / "constraints.txt").write_text("\n".join(constraints) + "\n", encoding="utf-8")
            words = [
                self._uv, "pip", "compile", "in.txt", "--constraint", "constraints.txt", "--quiet", "--no-header",
                "--no-annotate", "--only-binary", ":all:", "--python", sys.executable, "--no-python-downloads",
                "--python-version", target.python, "--python-platform", platform, *self._index_words(),
            ]  # fmt: skip
            answer = self._run([*words, "--exclude-newer", self._instant], folder)
            if answer.returncode != 0:
                # An index without upload times offers nothing before an instant.
                answer = self._run(words, folder)
        if answer.returncode != 0:
            said = " ".join(answer.stderr.split())[:300] or f"exit {answer.returncode}"
            return Unknown(reason=f"uv could not resolve the requirements: {said}", remedy="pin them (uv pip compile)")
        found = _pins(answer.stdout[:_MAX_OUTPUT])
        self._cache.put(_KIND, key, found)
        return found

    def _run(self, words: Sequence[str], folder: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in self._environ.items() if not name.startswith(("AWS_", "VIRTUAL_ENV"))}
        try:
            return subprocess.run(
                words, cwd=folder, env=clean, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT,
                check=False, encoding="utf-8", errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(list(words), 1, "", f"uv took longer than {_TIMEOUT} s")
        except OSError as fault:
            return subprocess.CompletedProcess(list(words), 1, "", f"uv cannot be run: {fault.strerror}")

    def _index_words(self) -> list[str]:
        """The user's pip settings for uv, where uv has none of its own."""
        if any(self._environ.get(name) for name in _INDEX_VARIABLES):
            return []
        first, *more = self._settings.indexes or ("",)
        words = ["--default-index", first] if first else ["--no-index"]
        for url in more:
            words += ["--index", url]
        for link in self._settings.find_links:
            words += ["--find-links", link]
        return [*words, "--index-strategy", "unsafe-best-match"] if more else words


def find_uv(environ: Mapping[str, str]) -> str | None:
    """The uv on PATH, or the one installed beside this Python."""
    beside = Path(sys.executable).parent / ("uv.exe" if os.name == "nt" else "uv")
    return shutil.which("uv", path=environ.get("PATH")) or (str(beside) if beside.is_file() else None)


def uv_platform(platform: str) -> str | None:
    """A wheel platform tag as uv names it: the newest one of its own that the target can load."""
    parts = platform.split("_")
    machine = "aarch64" if platform.endswith("aarch64") else "x86_64"
    if platform.startswith("manylinux_2_") and parts[2].isdecimal():
        fitting = [minor for minor in _GLIBC if minor <= int(parts[2])]
        return f"{machine}-manylinux_2_{fitting[-1]}" if fitting else None
    return f"{machine}-unknown-linux-musl" if platform.startswith("musllinux") else None


def _pins(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, version = line.partition("==")
        if sign and not line.startswith(("#", "-", " ")):
            found[canonicalize_name(name.partition("[")[0].strip())] = version.split(";")[0].strip()
    return found
