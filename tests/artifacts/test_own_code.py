"""Own files: bytes, excludes, native parts, and whether bytecode is usable."""

from __future__ import annotations

import calendar
import importlib.util
import io
import marshal
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from guard.artifacts.built import Built, read_built
from guard.artifacts.own_code import OwnCode, excluded, files_below, measure_files
from guard.artifacts.own_imports import foreign_imports
from guard.cache import Cache
from guard.model import Unknown
from guard.trees import FolderTree
from tests.artifacts.conftest import MakeTree


def measured(tree: FolderTree, folder: str = "", *excludes: str) -> OwnCode:
    found = measure_files(tree, files_below(tree, folder, excludes), Cache(None))
    assert isinstance(found, OwnCode)
    return found


def test_bytes_are_counted_unpacked_and_packed(make_tree: MakeTree) -> None:
    text = "value = 1\n" * 500
    tree = make_tree({"fn/app.py": text, "fn/lib/core.so": b"\x7fELF" + bytes(96), "other/x.py": "no"})
    found = measured(tree, "fn")
    assert (found.unpacked, found.native) == (len(text) + 100, 100)
    assert not isinstance(found.packed, Unknown)
    assert len(zlib.compress(text.encode(), 6)) < found.packed < 700
    assert found.files == ("fn/app.py", "fn/lib/core.so")


def test_the_key_changes_with_content_and_names(make_tree: MakeTree) -> None:
    keys = {
        measured(make_tree(files)).key
        for files in ({"a.py": "1"}, {"a.py": "2"}, {"b.py": "1"}, {"a.py": "1", "b.py": "1"}, {"a.py": "1"})
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("path", "pattern", "out"),
    [
        ("tests/a.py", "tests", True),
        ("tests/a.py", "tests/**", True),
        ("src/tests/a.py", "**/tests/**", True),
        ("notes.md", "*.md", True),
        ("a/b/notes.md", "**/*.md", True),
        ("a.py", "./a.py", True),
        ("testsuite.py", "tests", False),
        ("a/notes.txt", "**/*.md", False),
    ],
)
def test_excludes(path: str, pattern: str, out: bool) -> None:
    assert excluded(path, [pattern]) is out


def test_a_link_out_of_the_tree_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    root = tmp_path / "tree"
    root.mkdir()
    (root / "link.py").symlink_to("../secret")
    found = measure_files(FolderTree(root), ["link.py"], Cache(None))
    assert isinstance(found, Unknown)
    assert "leads out of the tree" in found.reason


def test_imports_that_nothing_here_explains(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "fn/app.py": "import os, boto3, pandas\nfrom . import x\nfrom helper.sub import y\nimport numpy.linalg\n"
            "try:\n    import optional\nexcept ImportError:\n    pass\n",
            "fn/helper/__init__.py": "",
            "fn/tests/test_app.py": "import pytest\n",
            "fn/broken.py": "import (\n",
        }
    )
    assert foreign_imports(tree, files_below(tree, "fn"), "fn") == ["numpy", "pandas"]


def pyc(stamp: int, flags: int = 0) -> bytes:
    header = importlib.util.MAGIC_NUMBER + struct.pack("<III", flags, stamp, 5)
    return header + marshal.dumps(compile("x = 1", "m.py", "exec"))


@pytest.mark.parametrize(
    ("stamp", "flags", "expected"),
    [
        (time.struct_time((2026, 1, 2, 3, 4, 6, 0, 0, 0)), 0, "valid"),
        (time.struct_time((2025, 1, 2, 3, 4, 6, 0, 0, 0)), 0, "stale"),
        (time.struct_time((2025, 1, 2, 3, 4, 6, 0, 0, 0)), 1, "valid"),
    ],
)
def test_bytecode_in_a_zip_is_usable_when_it_fits_its_source(
    make_tree: MakeTree, stamp: time.struct_time, flags: int, expected: str
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr(zipfile.ZipInfo("m.py", (2026, 1, 2, 3, 4, 6)), "x = 1")
        package.writestr("__pycache__/m.cpython-312.pyc", pyc(calendar.timegm(stamp), flags))
    found = read_built(make_tree({"a.zip": stream.getvalue()}), "a.zip")
    assert isinstance(found, Built)
    assert found.bytecode == expected


def test_a_folder_built_on_disk_is_read_where_git_ignores_it(make_tree: MakeTree, tmp_path: Path) -> None:
    tree = make_tree({"main.tf": ""})
    assert tree.disk is not None
    site = tree.disk / "build"
    (site / "fast-2.0.dist-info").mkdir(parents=True)
    (site / "fast-2.0.dist-info" / "METADATA").write_text("Name: fast\n")
    (site / "fast-2.0.dist-info" / "RECORD").write_text("fast.py,,\n")
    (site / "fast.py").write_text("x = 1\n")
    (site / "app.py").write_text("import fast\n")
    found = read_built(tree, "build")
    assert isinstance(found, Built)
    assert [(one.name, one.version, one.unpacked) for one in found.distributions] == [("fast", "2.0", 6 + 11 + 10)]
    assert found.own == 12
