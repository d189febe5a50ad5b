"""Properties of reading and evaluating, over generated input."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.cache import Cache
from guard.model import Inventory, RootSpec, Unknown
from guard.terraform import inventory
from guard.terraform.convert import convert, unify
from guard.terraform.functions.encoding import json_decode, json_text
from guard.terraform.numbers import NotANumber, parse_number, rounded, show_number
from guard.terraform.read import parse_hcl, parse_json
from guard.terraform.values import Obj, Seq, Value, object_of, tuple_of, type_of
from guard.trees import FolderTree
from tests.terraform.fuzz import Generator

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SYNTAX = st.text(alphabet="ab_ \n\t\"'\\${}%~()[]<>=-+*/!?:.,#|&0123456789éEOT\r", max_size=120)
PRIMITIVES = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=8)
VALUES: st.SearchStrategy[Value] = st.recursive(
    PRIMITIVES,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple_of)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4).map(object_of)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | SYNTAX.map(str.encode))
@FEW
def test_no_text_makes_reading_fail(data: bytes) -> None:
    """Whatever a file holds, reading it gives a body and faults with lines, and never raises."""
    for parse in (parse_hcl, parse_json):
        _, faults = parse(data)
        assert all(1 <= line <= data.count(b"\n") + 2 and reason for line, reason in faults)


@given(st.integers(-(2**500), 2**500) | st.fractions(-(10**9), 10**9, max_denominator=10**12))
@FEW
def test_a_number_reads_back_as_itself(value: int | Fraction) -> None:
    """A number is printed with as many digits as its 512 bits need, and reads back as the same number."""
    held = rounded(value)
    assert parse_number(show_number(held)) == held


@given(st.integers(2**600, 2**700))
@FEW
def test_a_number_that_is_no_setting_is_refused(value: int) -> None:
    """What 512 bits cannot hold exactly is refused rather than rounded."""
    with pytest.raises(NotANumber):
        rounded(value)


@given(VALUES)
@FEW
def test_json_keeps_every_value(value: Value) -> None:
    """``jsondecode(jsonencode(x))`` is ``x`` for every object, tuple and primitive."""
    assert json_decode(json_text(value)) == value


@given(VALUES)
@FEW
def test_a_value_converts_to_its_own_type_unchanged(value: Value) -> None:
    """Converting a value to the type it has changes nothing, and a type is what it has in common with itself."""
    kind = type_of(value)
    assert unify([kind, kind]) == kind
    if not _holds_null(value):
        assert convert(value, kind) == value


def _holds_null(value: Value) -> bool:
    if isinstance(value, Seq):
        return any(map(_holds_null, value.items))
    if isinstance(value, Obj):
        return any(map(_holds_null, value.items.values()))
    return value is None


def _functions(found: Inventory) -> dict[str, object]:
    return {
        function.address: [
            "?" if isinstance(value, Unknown) else value
            for value in (function.name, function.memory.value, function.timeout, function.handler, function.runtime)
        ]
        for _, function in found.functions()
    }


@given(
    st.integers(0, 10**6),
    st.randoms(use_true_random=False),
    st.sampled_from(["\n", "\n# c\n", "\n\n/* c */\n", "\r\n"]),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_comments_and_blank_lines_decide_nothing(tmp_path: Path, seed: int, chance: object, gap: str) -> None:
    """Statements in another order, in other files, with comments between, are the same configuration."""
    generator = Generator(seed)
    statements = [
        f'resource "aws_lambda_function" "f{number}" {{\n  function_name = local.n{number}\n'
        f"  handler = try(tostring({generator.expression()}), null)\n  memory_size = 128 + {number}\n}}"
        for number in range(3)
    ] + [f"locals {{\n  n{number} = {generator.text(2)}\n}}" for number in range(3)]
    moved = list(statements)
    chance.shuffle(moved)  # type: ignore[attr-defined]  # hypothesis' random.Random
    one, other = tmp_path / f"a{seed}{len(gap)}", tmp_path / f"b{seed}{len(gap)}"
    for folder, files in ((one, {"main.tf": statements}), (other, {"x.tf": moved[:2], "y.tf": moved[2:]})):
        folder.mkdir(exist_ok=True)
        for name, rows in files.items():
            (folder / name).write_bytes(((gap if folder is other else "\n").join(rows) + "\n").encode())
    found = [
        _functions(inventory(FolderTree(folder), [RootSpec(path="")], cache=Cache(None))) for folder in (one, other)
    ]  # fmt: skip
    assert found[0] == found[1] and len(found[0]) == 3
