"""Syntax, templates and heredocs against what ``terraform console`` (1.11.4) said of the same file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from guard.terraform.budget import Budget
from guard.terraform.evaluate import Evaluator, Frame, Step
from guard.terraform.functions import Library
from guard.terraform.functions.encoding import json_text
from guard.terraform.functions.files import Files
from guard.terraform.read import parse_hcl
from guard.terraform.syntax import Body, GetAttr, decode, encode
from guard.terraform.values import Value
from guard.trees import FolderTree

FOLDER = Path(__file__).parent.parent / "data" / "terraform" / "language"
EXPECTED: dict[str, object] = json.loads((FOLDER / "expected.json").read_text())


class Locals:
    """A scope of locals only."""

    def __init__(self, body: Body) -> None:
        self.attributes = {item.name: item for block in body.blocks for item in block.body.attributes}
        self.evaluator = Evaluator(Budget(), Library(Files(FolderTree(FOLDER), "")).call)

    def value(self, name: str) -> Value:
        return self.evaluator.value(self.attributes[name].value, Frame(self, "main.tf"))

    def reference(self, name: str, steps: Sequence[Step], frame: Frame, line: int) -> tuple[Value, int]:
        assert name == "local" and isinstance(steps[0], GetAttr)
        return self.value(steps[0].name), 1


@pytest.fixture(scope="module")
def body() -> Body:
    found, faults = parse_hcl((FOLDER / "main.tf").read_bytes())
    assert faults == ()
    return found


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_local_has_terraforms_value(body: Body, name: str) -> None:
    assert json.loads(json_text(Locals(body).value(name))) == EXPECTED[name]


def test_a_body_survives_being_kept(body: Body) -> None:
    assert decode(json.loads(json.dumps(encode(body)))) == body


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = {\n  b = = 1\n}\n", 2),
        ('a = "x\n', 1),
        ("\n\na = <<EOT\nx\n", 3),
        ("a = 1\nb = )\n", 2),
        ("a = [1\n", 1),
        ("a = 1 /* never\n", 1),
        ('a = "${x"\n', 1),
        ('a = "%{ if true }x"\n', 1),
        ('a = "%{ nonsense }"\n', 1),
        ('\na = "\\q"\n', 2),
        ("a = \x00\n", 1),
    ],
)
def test_a_fault_has_its_line(text: str, line: int) -> None:
    _, faults = parse_hcl(text.encode())
    assert [fault[0] for fault in faults] == [line]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa = 1\n",
        "a = <<EOT\nx\nEOT  \nb = 2\n",
        "größe = 1\n",
        "a = 1-2\n",
        "a = 1 // c\nb = 2 # c\n/* c\n*/ c = 3\n",
        "a = 1\r\nb = 2\r\n",
        "a = [\n  1, # one\n  2,\n]\n",
        "a = 1",
        "",
    ],
)
def test_what_terraform_accepts_is_read(text: str) -> None:
    assert parse_hcl(text.encode())[1] == ()


def test_what_is_no_text_is_refused_with_its_line() -> None:
    assert parse_hcl(b"a = 1\nb = \xff\n")[1] == ((2, "the file is not UTF-8 text"),)
