"""Input made to exhaust or mislead: bounded in time and memory, with a reason, never a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.cache import Cache
from guard.model import Unknown
from guard.terraform import inventory
from guard.trees import FolderTree
from tests.terraform.conftest import Plan

Planner = Callable[..., Plan]
FUNCTION = 'resource "aws_lambda_function" "f" {\n  function_name = "f"\n  memory_size = %s\n}\n'
SECONDS = 20
"""Far above what any of these needs; a machine under load is slow."""


def chain(length: int) -> str:
    rows = "".join(f"  a{number} = local.a{number + 1}\n" for number in range(length))
    return FUNCTION % "local.a0" + f"locals {{\n{rows}  a{length} = 256\n}}\n"


LAUGHS = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)  # fmt: skip
UNDECIDED: dict[str, str] = {
    "10,000 parentheses": FUNCTION % ("(" * 10_000 + "1" + ")" * 10_000),
    "10,000 unclosed parentheses": FUNCTION % ("(" * 10_000),
    "10,000 brackets": FUNCTION % ("[" * 10_000 + "]" * 10_000),
    "10,000 negations": FUNCTION % ("!" * 10_000 + "true"),
    "2,000 conditionals": FUNCTION % ("true ? 256 : " * 2_000 + "128"),
    "3,000 attributes": FUNCTION % ("local" + ".a" * 3_000),
    "nested templates": FUNCTION % ('"${' * 5_000 + "1" + '}"' * 5_000),
    "nested directives": FUNCTION % ('"' + "%{ if true }" * 5_000 + "1" + "%{ endif }" * 5_000 + '"'),
    "range(1e9)": FUNCTION % "length(range(1e9))",
    "a product without end": FUNCTION % "length(setproduct(range(1000), range(1000), range(1000), range(1000)))",
    "strings that double": FUNCTION % "length(local.b)"
    + 'locals {\n  a = "aaaaaaaaaaaaaaaa"\n  b = '
    + "".join("replace(" for _ in range(20))
    + "local.a"
    + "".join(', "a", "aaaaaaaa")' for _ in range(20))
    + "\n}\n",
    "lists that double": FUNCTION % "length(local.l40)"
    + "locals {\n  l0 = [1, 2]\n"
    + "".join(f"  l{n} = concat(local.l{n - 1}, local.l{n - 1})\n" for n in range(1, 41))
    + "}\n",
    "loops in loops": FUNCTION
    % "length(flatten([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]))",
    "a pattern that backtracks": FUNCTION % f'length(regexall("(a+)+$", "{"a" * 60}b"))',
    "a pattern with many stars": FUNCTION % f'length(regexall("a*a*a*a*a*a*b", "{"a" * 400}"))',
    "a local that is itself": FUNCTION % "local.a" + "locals {\n  a = local.b\n  b = local.a\n}\n",
    "a chain of 5,000 locals": chain(5_000),
    "a number without end": FUNCTION % ("9" * 100_000),
    "an exponent without end": FUNCTION % "1e999999999",
    "a power without end": FUNCTION % "pow(10, 400)",
    "indent without end": FUNCTION % 'length(indent(1e9, "a\\nb"))',
    "format without end": FUNCTION % 'length(format("%999999999d", 1))',
    "count without end": 'resource "aws_lambda_function" "f" {\n  count = 1000000000\n}\n',
    "a billion laughs": FUNCTION % "length(flatten(yamldecode(local.y).a11))"
    + f"locals {{\n  y = <<EOT\n{LAUGHS}\nEOT\n}}\n",
    "JSON without end": FUNCTION % f'length(jsondecode("{"[" * 5_000}{"]" * 5_000}"))',
}


@pytest.mark.parametrize("name", sorted(UNDECIDED))
def test_it_ends_with_a_reason(plan: Planner, name: str) -> None:
    started = time.monotonic()
    found = plan({"main.tf": UNDECIDED[name]})
    assert time.monotonic() - started < SECONDS
    unknowns = [function.memory.value for function in found.by_address.values()]
    assert all(isinstance(value, Unknown) and value.reason for value in unknowns)
    assert unknowns or found.doubts


def test_a_sum_of_3000_terms_is_a_number(plan: Planner) -> None:
    assert plan({"main.tf": FUNCTION % " + ".join(["1"] * 3_000)}).only.memory.value == 3_000


def test_a_chain_of_100_locals_is_followed(plan: Planner) -> None:
    assert plan({"main.tf": chain(100)}).only.memory.value == 256


def test_100_000_blocks_are_read_in_bounded_time(plan: Planner) -> None:
    blocks = "".join(f'resource "a" "b{number}" {{}}\n' for number in range(100_000))
    started = time.monotonic()
    found = plan({"main.tf": blocks + FUNCTION % "256"})
    assert time.monotonic() - started < 3 * SECONDS
    assert found.by_address or found.doubts


def test_a_file_of_50_megabytes_is_not_read_but_named(tmp_path: Path) -> None:
    with open(tmp_path / "big.tf", "wb") as file:
        file.truncate(50_000_000)
    (tmp_path / "main.tf").write_text(FUNCTION % "256")
    found = inventory(FolderTree(tmp_path), cache=Cache(None))
    (root,) = found.roots
    assert [(item.what, "too large" in item.reason) for item in root.undecided] == [("big.tf", True)]
    assert [function.memory.value for function in root.functions] == [256]


@pytest.mark.parametrize("source", ["../../../../x", "./a/../../../x", "..", "../"])
def test_a_module_outside_of_the_tree_is_named(plan: Planner, source: str) -> None:
    (doubt,) = plan({"main.tf": f'module "m" {{\n  source = "{source}"\n}}\n'}).doubts
    assert "leads out of the tree" in doubt


def test_a_link_out_of_the_tree_is_named(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside.tf").write_text(FUNCTION % "512")
    (tmp_path / "tree" / "main.tf").symlink_to(tmp_path / "outside.tf")
    (tmp_path / "tree" / "b.tf").write_text(FUNCTION % "256")
    (root,) = inventory(FolderTree(tmp_path / "tree"), cache=Cache(None)).roots
    assert [function.memory.value for function in root.functions] == [256]
    assert [item.what for item in root.undecided] == ["main.tf"]


def test_names_cannot_forge_anything_in_the_facts(plan: Planner) -> None:
    found = plan(
        {"main.tf": FUNCTION.replace('"f"', '"a\\n::error::x"', 2).replace('"a\\n::error::x" {', '"f" {') % "256"}
    )
    assert found.only.name == "a\n::error::x"
