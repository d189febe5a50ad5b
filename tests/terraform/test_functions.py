"""Every standard function against what ``terraform console`` (1.11.4) said of the same expression."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.terraform.functions import FUNCTIONS, Library
from guard.terraform.functions.files import Files
from guard.trees import FolderTree
from tests.terraform.fuzz import ERROR, UNKNOWN, ask_guard

DATA = Path(__file__).parent.parent / "data" / "terraform"
RECORDED: dict[str, str] = json.loads((DATA / "functions.json").read_text())
STANDARD = frozenset((DATA / "standard-functions.txt").read_text().split())
"""``terraform metadata functions -json`` of version 1.11.4, without the ``core::`` twins."""


@pytest.mark.parametrize("text", sorted(RECORDED))
def test_an_expression_has_terraforms_value_or_none(text: str, tmp_path: Path) -> None:
    """Never another value than Terraform's; an unknown only where it is known that it is not computed here."""
    found = ask_guard(text, tmp_path)
    if found.startswith(UNKNOWN):
        assert RECORDED[text] == UNKNOWN or any(word in text for word in ("yaml", "base64gzip", "5 / 0"))
    else:
        assert found == RECORDED[text]


def test_every_standard_function_is_there(tmp_path: Path) -> None:
    library = Library(Files(FolderTree(tmp_path), ""))
    assert STANDARD - FUNCTIONS.keys() - library.names() == set()


def test_a_function_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert ask_guard('nosuch("x")', tmp_path) == ERROR


@pytest.mark.parametrize("name", ["timestamp()", "uuid()", "plantimestamp()", 'bcrypt("x")', 'abspath("x")'])
def test_what_differs_at_every_run_is_unknown(name: str, tmp_path: Path) -> None:
    assert ask_guard(name, tmp_path).startswith(UNKNOWN)


class TestFiles:
    def test_files_of_the_tree_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "a.json").write_text('{"m": 512}')
        (tmp_path / "sub" / "t.tpl").write_text("%{ for x in xs ~}\n- ${x}\n%{ endfor ~}\n")
        assert ask_guard('jsondecode(file("sub/a.json")).m', tmp_path) == "512"
        assert ask_guard('[fileexists("sub/a.json"), fileexists("sub/b")]', tmp_path) == "[true,false]"
        assert ask_guard('tolist(fileset("sub", "*.{json,tpl}"))', tmp_path) == '["a.json","t.tpl"]'
        assert ask_guard('tolist(fileset(".", "**/*.json"))', tmp_path) == '["sub/a.json"]'
        assert ask_guard('templatefile("sub/t.tpl", {xs = [1, 2]})', tmp_path) == r'"- 1\n- 2\n"'
        assert ask_guard('filemd5("sub/a.json")', tmp_path) == '"3e38edd2e7af36dcebea2d3b9931eb6f"'

    def test_a_file_that_is_not_in_the_tree_is_a_fault_that_try_catches(self, tmp_path: Path) -> None:
        assert ask_guard('try(file("absent"), "none")', tmp_path) == '"none"'

    @pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "~/x", "a/../../x"])
    def test_a_path_that_leaves_the_tree_is_unknown(self, path: str, tmp_path: Path) -> None:
        assert ask_guard(f'file("{path}")', tmp_path).startswith(UNKNOWN)
        assert ask_guard(f'try(file("{path}"), 1)', tmp_path).startswith(UNKNOWN)

    def test_a_link_that_leaves_the_tree_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("/etc/passwd")
        assert ask_guard('file("link")', tmp_path) == ERROR
