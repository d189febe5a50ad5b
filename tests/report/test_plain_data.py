"""Facts as JSON data."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from guard.model import Function, MemorySetting, Revision, Severity, Undecided, Unknown, Where
from guard.report.plain_data import plain, plain_revision, plain_undecided, plain_where


def test_a_place_without_a_line_says_null() -> None:
    assert plain_where(Where(path="a.tf")) == {"path": "a.tf", "line": None}
    assert plain_where(None) is None


def test_unknown_says_why_where_and_what_would_help() -> None:
    unknown = Unknown(reason="no such variable", where=Where(path="a.tf", line=3), remedy="set it")
    assert plain(unknown) == {
        "unknown": "no such variable",
        "where": {"path": "a.tf", "line": 3},
        "remedy": "set it",
    }
    assert plain(Unknown(reason="why")) == {"unknown": "why"}


def test_a_dataclass_is_its_fields() -> None:
    function = Function(
        address="a",
        root="r",
        where=Where(path="p", line=1),
        name=Unknown(reason="count"),
        memory=MemorySetting(value=128, origin="default"),
        timeout=3,
    )
    data = plain(function)
    assert isinstance(data, dict)
    assert data["memory"] == {"value": 128, "origin": "default", "where": None}
    assert data["name"] == {"unknown": "count"}


def test_sets_are_sorted_enums_are_values_revisions_are_ids() -> None:
    assert plain(frozenset({"b", "a"})) == ["a", "b"]
    assert plain(Severity.ERROR) == "error"
    assert plain_revision(Revision(sha=None, label="work tree")) == "worktree"
    assert plain_revision(Revision(sha="abc", label="x")) == "abc"


def test_what_was_not_looked_at_keeps_its_four_parts() -> None:
    undecided = Undecided(what="module.a", reason="far away", remedy="fetch it")
    assert plain_undecided(undecided) == {
        "what": "module.a",
        "reason": "far away",
        "where": None,
        "remedy": "fetch it",
    }


def test_a_number_that_is_not_finite_is_unknown() -> None:
    assert plain(math.nan) == {"unknown": "not a finite number"}
    assert plain(math.inf) == {"unknown": "not a finite number"}


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.text(alphabet=st.characters(codec=None)))
def test_anything_becomes_json_that_any_reader_takes(number: float, text: str) -> None:
    """Every fact can be written as strict JSON in UTF-8."""
    data = plain({"number": number, text: [text, (number,), {text}]})
    json.dumps(data, allow_nan=False, ensure_ascii=False).encode("utf-8")
