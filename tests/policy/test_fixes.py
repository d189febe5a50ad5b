"""A fix replaces the deciding number and keeps every other byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import CannotDecide
from guard.model import Finding, Fix, MemorySetting, Origin, Severity, Where
from guard.policy import line_reader, memory_fix
from guard.policy.edits import chosen_fixes, plan_edits, write_edits
from guard.policy.fixes import new_line
from guard.trees import FolderTree
from guard.units import MB
from tests.policy.build import function

LINES = [
    ("  memory_size = 128", "  memory_size = 256"),
    ("\tmemory_size   =   128   # was 128 for ever", "\tmemory_size   =   256   # was 128 for ever"),
    ("  memory_size = 128 // 128", "  memory_size = 256 // 128"),
    ('  "memory_size": 128,', '  "memory_size": 256,'),
    ('  memory_size = "128"', '  memory_size = "256"'),
    ("default = 128", "default = 256"),
    ("lambda_memory_size_mb=128", "lambda_memory_size_mb=256"),
    ("  find_work = { memory_size = 128, timeout = 3 }", "  find_work = { memory_size = 256, timeout = 3 }"),
    ("  timeout = 128, memory_size = 128", "  timeout = 128, memory_size = 256"),
    ("  memory_size = var.large ? 512 : 128", "  memory_size = var.large ? 512 : 256"),
    ("  memory_size = local.sizes[128]", None),
    ("  memory_size = var.size", None),
    ("  memory_size = 1280", None),
    ("  memory_size = x128", None),
    ("  memory_size = 128.5", None),
    ("  a = 128, b = 128", None),
    ("  # memory_size = 128", None),
]


@pytest.mark.parametrize(("line", "expected"), LINES, ids=[line.strip() for line, _ in LINES])
def test_the_deciding_number_is_replaced(line: str, expected: str | None) -> None:
    assert new_line(MemorySetting(value=128, origin="literal"), line, MB(256)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('resource "aws_lambda_function" "a" {', 'resource "aws_lambda_function" "a" {\n  memory_size = 256'),
        ('  resource "aws_lambda_function" "a" { # the api',
         '  resource "aws_lambda_function" "a" { # the api\n    memory_size = 256'),
        ('resource "aws_lambda_function" "a" { role = "x" }', None),
    ],
)  # fmt: skip
def test_a_setting_that_is_missing_is_put_below_the_opening_line(line: str, expected: str | None) -> None:
    assert new_line(MemorySetting(value=128, origin="default"), line, MB(256)) == expected


@given(st.text(st.characters(exclude_characters="\n"), max_size=80), st.integers(128, 10_240))
def test_any_line_is_replaced_or_left_to_a_person(line: str, size: int) -> None:
    """Whatever the line, the answer is None or the line with one number exchanged."""
    found = new_line(MemorySetting(value=size, origin="literal"), line, MB(99_999))
    if found is not None:
        assert found.count("99999") == line.count("99999") + 1
        assert line in {found[: at] + str(size) + found[at + 5 :] for at in range(len(found)) if found[at:at + 5] == "99999"}  # fmt: skip  # noqa: E501


def _tree(tmp_path: Path, data: bytes) -> FolderTree:
    (tmp_path / "main.tf").write_bytes(data)
    return FolderTree(tmp_path)


def _finding(fix: Fix | None, address: str = "a") -> Finding:
    return Finding(
        rule="r", address=address, root="", outcome="fires", standing="introduced", severity=Severity.ERROR,
        message="", fix=fix, blocks=True,
    )  # fmt: skip


def _fix(tree: FolderTree, line: int, memory: float, origin: Origin = "literal") -> Fix:
    setting = MemorySetting(value=128, origin=origin, where=Where(path="main.tf", line=line))
    fix = memory_fix(replace(function(), memory=setting), MB(memory), line_reader(tree))
    assert fix is not None
    return fix


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["unix", "windows"])
def test_every_other_byte_is_kept(tmp_path: Path, end: bytes) -> None:
    lines = [
        b"\xef\xbb\xbf# \xc3\xa9",
        b'resource "aws_lambda_function" "a" {',
        b"  memory_size = 128 # \xf0\x9f\x90\x8d",
        b"}",
    ]
    data = end.join(lines)
    tree = _tree(tmp_path, data)
    write_edits(tmp_path, plan_edits(tree, [_fix(tree, 3, 240)]))
    assert (tmp_path / "main.tf").read_bytes() == data.replace(b"128", b"240")
    tree = _tree(tmp_path, data.replace(lines[2] + end, b""))
    write_edits(tmp_path, plan_edits(tree, [_fix(tree, 2, 240, "default")]))
    assert (tmp_path / "main.tf").read_bytes() == data.replace(lines[2], b"  memory_size = 240")


def test_functions_that_share_a_line_get_the_largest(tmp_path: Path) -> None:
    tree = _tree(tmp_path, b"default = 128\n")
    fixes = [_fix(tree, 1, 240), _fix(tree, 1, 304), _fix(tree, 1, 256)]
    chosen = chosen_fixes([_finding(fix, str(index)) for index, fix in enumerate(fixes)] + [_finding(None)])
    assert [fix.memory for fix in chosen] == [MB(304)]
    edits = plan_edits(tree, chosen)
    assert [edit.diff() for edit in edits] == [
        "--- a/main.tf\n+++ b/main.tf\n@@ -1,2 +1,2 @@\n-default = 128\n+default = 304\n "
    ]


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    tree = _tree(tmp_path, b"default = 128\n")
    edits = plan_edits(tree, [_fix(tree, 1, 240)])
    (tmp_path / "main.tf").write_bytes(b"default = 512\n")
    with pytest.raises(CannotDecide, match="changed while it was being judged"):
        write_edits(tmp_path, edits)
    assert (tmp_path / "main.tf").read_bytes() == b"default = 512\n"


def test_a_plan_has_no_line_to_edit() -> None:
    planned = replace(function(), memory=MemorySetting(value=128, origin="plan", where=Where(path="plan.json", line=1)))
    assert memory_fix(planned, MB(256), lambda _: "") is None
