"""Tests a module makes while importing, decided for the function's interpreter."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.footprint.conditions import Conditions, Target


def decide(text: str, *, python: tuple[int, int] = (3, 11)) -> bool | None:
    test = ast.parse(text, mode="eval").body
    return Conditions(Target(python=python)).decide(test)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TYPE_CHECKING", False),
        ("typing.TYPE_CHECKING", False),
        ("not TYPE_CHECKING", True),
        ("sys.version_info >= (3, 9)", True),
        ("sys.version_info[:2] < (3, 11)", False),
        ("sys.version_info[0] == 2", False),
        ("sys.version_info.minor >= 12", False),
        ("sys.platform.startswith('win')", False),
        ("sys.platform in ('linux', 'darwin')", True),
        ("os.name == 'nt'", False),
        ("platform.python_implementation() == 'PyPy'", False),
        ("sys.implementation.name == 'cpython' and sys.maxsize > 2**32", None),
        ("False and anything()", False),
        ("anything() and False", False),
        ("anything() or True", True),
        ("anything()", None),
        ("os.environ.get('MY_FLAG')", False),
        ("os.environ.get('MY_FLAG', '1') == '1'", True),
        ("os.environ.get('AWS_LAMBDA_FUNCTION_NAME')", None),
        ("getattr(sys, 'frozen', False)", False),
        ("__name__ == '__main__'", False),
        ("sys.version_info['x':]", None),
        ("(1, 2)[9]", None),
        ("1 < 'a'", None),
        ("'a' in 3", None),
    ],
)
def test_what_only_the_interpreter_decides_is_decided(text: str, expected: bool | None) -> None:
    assert decide(text) is expected


def test_names_hold_what_they_were_given_until_they_are_given_something_else() -> None:
    conditions = Conditions(Target())
    for line in ("PY = sys.version_info >= (3,)", "OLD = not PY"):
        statement = ast.parse(line).body[0]
        assert isinstance(statement, ast.Assign)
        conditions.learn(statement)
    old = ast.parse("OLD", mode="eval").body
    assert conditions.decide(old) is False
    conditions.forget("OLD")
    assert conditions.decide(old) is None


@given(st.tuples(st.just(3), st.integers(9, 14)), st.integers(9, 14))
def test_version_tests_agree_with_the_version(python: tuple[int, int], minor: int) -> None:
    """What a module tests of the version is what the function's runtime has."""
    assert decide(f"sys.version_info >= (3, {minor})", python=python) is (python[1] >= minor)
