"""The language of clauses: what it means, and that nothing written in it can do harm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.model import Maybe, Unknown
from guard.policy.cards import _Parser
from guard.policy.grammar import Comparison, GrammarFault, parse_clause
from guard.settings.lines import Lines
from guard.units import Unit

UNITS = {"size": Unit.MB, "left": Unit.MB, "part": Unit.SHARE, "count": Unit.COUNT, "flag": Unit.FLAG, "age": Unit.DAYS}
UNKNOWN = Unknown(reason="nobody knows")
VALUES: dict[str, Maybe[float]] = {"size": 128, "left": 12, "part": 0.1, "count": 3, "flag": 1, "age": UNKNOWN}


@pytest.mark.parametrize(
    ("text", "holds", "left", "right"),
    [
        ("left < max(16 * part * left, part * size)", True, "12 MB", "19.2 MB"),
        ("left < part * size", True, "12 MB", "12.8 MB"),
        ("size - left >= 0", True, "116 MB", "0 MB"),
        ("-left < size", True, "-12 MB", "128 MB"),
        ("left / size > part", False, "0.09", "0.10"),
        ("flag == 1", True, "yes", "yes"),
        ("min(count, 2) == 2", True, "2", "2"),
        ("size * left > left * left", True, "1536", "144"),
        ("age > 0", None, "unknown", "0 days"),
        ("left / (size - size) > 0", None, "unknown", "0"),
        ("part != 0", True, "10 %", "0 %"),
    ],
)
def test_meaning(text: str, holds: bool | None, left: str, right: str) -> None:
    clause = parse_clause(text, UNITS)
    shown = clause.evidence(VALUES)
    assert (clause.holds(VALUES), shown.left, shown.right) == (holds, left, right)
    assert clause.unknown(VALUES) == (("age",) if "age" in text else ())


def _clause(text: str) -> Comparison | str:
    """The clause, or why it is none."""
    try:
        return parse_clause(text, UNITS)
    except GrammarFault as fault:
        return str(fault)


WORDS = st.sampled_from([*UNITS, "0", "1", "2.5", "1e400", "True", "'x'", "x", "max", "min", "lambda: 0", "[0]", "{}"])
EXPRESSIONS = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "//", "%", "@", "and", "<", ","]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        st.tuples(st.sampled_from(["min", "max", "abs", "eval"]), st.lists(inner, max_size=3)).map(
            lambda parts: f"{parts[0]}({', '.join(parts[1])})"
        ),
        inner.map("-{}".format),
        inner.map("{}.real".format),
    ),
    max_leaves=8,
)
COMPARE = st.sampled_from(["<", ">=", "==", "!=", "in", "is"])
SOME = st.one_of(st.floats(allow_nan=False), st.just(UNKNOWN))


@settings(max_examples=400, deadline=None)
@given(
    EXPRESSIONS,
    st.sampled_from(["<", ">=", "==", "!=", "in", "is"]),
    EXPRESSIONS,
    st.lists(SOME, min_size=6, max_size=6),
)
def test_any_clause_is_refused_or_answers(left: str, compare: str, right: str, numbers: list[Maybe[float]]) -> None:
    """Whatever is written, it is refused, or it is true, false or undecided for all values."""
    clause = _clause(f"{left} {compare} {right}")
    if isinstance(clause, str):
        assert clause
        return
    values = dict(zip(UNITS, numbers, strict=True))
    assert clause.holds(values) in {True, False, None}
    assert clause.evidence(values).text


@given(st.text(max_size=60))
def test_any_text_is_refused_or_a_clause(text: str) -> None:
    """Text that is no clause is a fault with a reason, never another error."""
    assert _clause(text)


KEYS = st.sampled_from(
    [
        "id",
        "severity",
        "outcome",
        "summary",
        "when",
        "worse",
        "message",
        "why",
        "fix",
        "place",
        "cure",
        "alongside",
        "raises",
        "scope",
        "limits",
        "warn",
        "examples",
        "name",
        "gives",
        "before",
        "after",
        "headroom",
        "noise",
    ]
)
LEAVES = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.dates(), st.text(max_size=12),
    st.sampled_from(["error", "headroom < noise", "16 MB", "headroom falls by noise", "repository", "{headroom}", "{"]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
        ),
        max_size=17,
    )
)
def test_any_document_is_a_card_or_has_faults(document: dict[str, object]) -> None:
    """No card, whatever it holds, makes the reader fail in any other way than by naming faults."""
    parser = _Parser(document, "rules/own-rule.toml", Lines(""))
    parser.card()
    assert all(fault.what for fault in parser.reader.faults)
