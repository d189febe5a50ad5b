"""Fingerprints tell whether a change touched what nobody could decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.cache import Cache
from guard.model import Unknown
from guard.terraform import inventory
from guard.trees import FolderTree

CALL = """
module "api" {
  source      = "git::https://example.com/lambda.git?ref=v1"
  memory_size = local.memory
  tags        = { team = "a" }
}

locals {
  memory = 512
}
"""


def fingerprint(folder: Path, text: str) -> str:
    folder.mkdir()
    (folder / "main.tf").write_text(text)
    (root,) = inventory(FolderTree(folder), (), cache=Cache(None)).roots
    (doubt,) = root.undecided
    assert doubt.what == "module.api"
    assert doubt.fingerprint
    return doubt.fingerprint


SAME = {
    "formatting": CALL.replace("  memory_size = ", "  memory_size="),
    "a comment and other lines": "# words\n\n" + CALL,
    "tags": CALL.replace('"a"', '"b"'),
    "the value written out": CALL.replace("= local.memory", "= 512"),
    "the order of arguments": CALL.replace(
        '  source      = "git::https://example.com/lambda.git?ref=v1"\n  memory_size = local.memory\n',
        '  memory_size = local.memory\n  source      = "git::https://example.com/lambda.git?ref=v1"\n',
    ),
}
OTHER = {
    "the value": CALL.replace("memory = 512", "memory = 256"),
    "the version": CALL.replace("ref=v1", "ref=v2"),
    "an argument gone": CALL.replace("  memory_size = local.memory\n", ""),
    "an unknown reference": CALL.replace("= local.memory", "= aws_instance.x.memory"),
}


@pytest.mark.parametrize("name", SAME)
def test_what_moves_nothing_leaves_it(tmp_path: Path, name: str) -> None:
    assert SAME[name] != CALL
    assert fingerprint(tmp_path / "a", CALL) == fingerprint(tmp_path / "b", SAME[name])


@pytest.mark.parametrize("name", OTHER)
def test_what_may_move_memory_changes_it(tmp_path: Path, name: str) -> None:
    assert fingerprint(tmp_path / "a", CALL) != fingerprint(tmp_path / "b", OTHER[name])


@pytest.mark.parametrize(
    ("expression", "same"), [("aws_x.y.z * 2", True), ("aws_x.y.z*2", True), ("aws_x.y.z * 4", False)]
)
def test_an_unknown_memory_size_keeps_its_expression(tmp_path: Path, expression: str, same: bool) -> None:
    def unknown(folder: str, text: str) -> Unknown:
        place = tmp_path / folder
        place.mkdir()
        block = f'resource "aws_lambda_function" "f" {{\n  function_name = "f"\n  memory_size = {text}\n}}\n'
        (place / "main.tf").write_text(block)
        (root,) = inventory(FolderTree(place), (), cache=Cache(None)).roots
        value = root.functions[0].memory.value
        assert isinstance(value, Unknown)
        return value

    old, new = unknown("a", "aws_x.y.z * 2"), unknown("b", expression)
    assert ((old.reason, old.fingerprint) == (new.reason, new.fingerprint)) is same
