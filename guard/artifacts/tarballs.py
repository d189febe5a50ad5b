"""npm tarballs: packed bytes and the length of the tar inside, from their last four bytes.

A gzip file ends in the length of what was packed, modulo 2**32 (RFC 1952). A tar adds a header of 512 bytes and
padding per file, so this bounds a package's unpacked bytes from above, closely where files are not tiny.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from guard.artifacts.fetch import Fetcher, FetchFault
from guard.cache import Cache
from guard.model import Maybe, Unknown, Wheel
from guard.units import Bytes

_KIND = "tarball-1"
_REGISTRY = "https://registry.npmjs.org"
_SETTING = re.compile(r"(?m)^\s*registry\s*=\s*(\S+)\s*$")


@runtime_checkable
class Tarballs(Protocol):
    """An index that also knows npm's tarballs."""

    def tarball(self, file: Wheel) -> Maybe[tuple[Bytes, Bytes]]:
        """Packed bytes and an upper bound of the unpacked ones."""
        ...


def registry_of(environ: Mapping[str, str]) -> str:
    """The user's npm registry: ``npm_config_registry``, else ``~/.npmrc``, else the public one."""
    named = environ.get("npm_config_registry") or environ.get("NPM_CONFIG_REGISTRY")
    if not named and environ.get("HOME"):
        try:
            match = _SETTING.search((Path(environ["HOME"]) / ".npmrc").read_text(encoding="utf-8"))
            named = match.group(1) if match else None
        except (OSError, UnicodeDecodeError):
            named = None
    return (named or _REGISTRY).rstrip("/")


def measure_tarball(file: Wheel, registry: str, fetcher: Fetcher, cache: Cache) -> Maybe[tuple[Bytes, Bytes]]:
    """Packed and unpacked bytes of a tarball, by one range request; cached for ever by its URL."""
    url = _url_of(file, registry)
    trusted = url.startswith(registry + "/")
    kept = cache.get(_KIND, url)
    if isinstance(kept, list) and len(kept) == 2 and all(isinstance(one, int) for one in kept):
        return Bytes(kept[0]), Bytes(kept[1])
    try:
        answer = fetcher.get(url, limit=256 * 2**20, span=(-4, 0), trusted=trusted)
    except FetchFault as fault:
        return Unknown(reason=f"{file.filename}: {fault}", remedy="check npm's registry setting and try again")
    if len(answer.data) < 4:
        return Unknown(reason=f"{file.filename} is no gzip file")
    (unpacked,) = struct.unpack("<I", answer.data[-4:])
    cache.put(_KIND, url, [answer.total, unpacked])
    return Bytes(answer.total), Bytes(unpacked)


def _url_of(file: Wheel, registry: str) -> str:
    """The tarball's URL; a lock that only names package and version means the user's registry."""
    if not file.url.startswith("npm:"):
        return file.url
    name, _, version = file.url.removeprefix("npm:").rpartition("@")
    return f"{registry}/{quote(name, safe='@/')}/-/{name.rsplit('/', 1)[-1]}-{quote(version)}.tgz"
