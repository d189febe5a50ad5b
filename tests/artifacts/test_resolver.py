"""Requirements that are not pinned, resolved by the real uv against a local index."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guard.artifacts.platforms import Target
from guard.artifacts.resolver import UvResolver, find_uv, uv_platform
from guard.cache import Cache
from guard.model import Unknown
from tests.artifacts.conftest import LocalIndex

TARGET = Target(python="3.12", platform="manylinux_2_34_x86_64")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
UV = find_uv(os.environ)
needs_uv = pytest.mark.skipif(UV is None, reason="uv is not installed")
Make = Callable[..., UvResolver]


@pytest.fixture
def make(index: LocalIndex, tmp_path: Path) -> Make:
    def resolver(cache: Cache | None = None, **environ: str) -> UvResolver:
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": index.url + "/simple",
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "UV_INDEX": "",
        }
        return UvResolver(settings | environ, cache or Cache(None), NOW, uv=UV)

    return resolver


@needs_uv
def test_what_is_open_is_resolved_with_what_it_requires(index: LocalIndex, make: Make) -> None:
    index.add("flask", "3.0", requires=["jinja2>=3"])
    index.add("flask", "3.1", requires=["jinja2>=3", "pywin32; sys_platform == 'win32'"])
    index.add("jinja2", "3.1.6")
    index.add("jinja2", "4.0", tag="cp312-cp312-win_amd64")
    found = make().resolve(["flask>=3"], ["flask<4"], TARGET)
    assert found == {"flask": "3.1", "jinja2": "3.1.6"}


@needs_uv
def test_the_answer_is_kept_for_the_day(index: LocalIndex, make: Make, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    index.add("flask", "3.0")
    first = make(cache).resolve(["flask"], [], TARGET)
    index.add("flask", "3.1")
    index.requests.clear()
    assert make(cache).resolve(["flask"], [], TARGET) == first == {"flask": "3.0"}
    assert index.requests == []
    assert make(cache).resolve(["flask>=3.1"], [], TARGET) == {"flask": "3.1"}


@needs_uv
def test_what_cannot_be_resolved_is_unknown_with_uvs_reason(index: LocalIndex, make: Make) -> None:
    index.add("flask", "3.0")
    found = make().resolve(["flask>=9"], [], TARGET)
    assert isinstance(found, Unknown)
    assert "flask" in found.reason and found.remedy


def test_without_uv_it_says_so(tmp_path: Path) -> None:
    alone = UvResolver({"PATH": str(tmp_path)}, Cache(None), NOW, uv=str(tmp_path / "absent"))
    found = alone.resolve(["flask"], [], TARGET)
    assert isinstance(found, Unknown)
    assert "uv cannot be run" in found.reason


def test_uv_gets_no_secrets_of_the_cloud_and_an_empty_folder(tmp_path: Path) -> None:
    fake = tmp_path / "uv"
    fake.write_text('#!/bin/sh\nenv > "$OUT/env"\nls -a > "$OUT/files"\ncat in.txt > "$OUT/in"\necho "flask==1.0"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    environ = {"PATH": os.environ["PATH"], "OUT": str(tmp_path), "AWS_SECRET_ACCESS_KEY": "hidden"}
    found = UvResolver(environ, Cache(None), NOW, uv=str(fake)).resolve(["flask"], [], TARGET)
    assert found == {"flask": "1.0"}
    assert "hidden" not in (tmp_path / "env").read_text()
    assert (tmp_path / "files").read_text().split() == [".", "..", "constraints.txt", "in.txt"]
    assert (tmp_path / "in").read_text() == "flask\n"


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("manylinux_2_34_x86_64", "x86_64-manylinux_2_34"),
        ("manylinux_2_26_aarch64", "aarch64-manylinux_2_17"),
        ("manylinux_2_5_x86_64", None),
        ("musllinux_1_2_x86_64", "x86_64-unknown-linux-musl"),
        ("linux_x86_64", None),
    ],
)
def test_platforms_as_uv_names_them(platform: str, expected: str | None) -> None:
    assert uv_platform(platform) == expected
