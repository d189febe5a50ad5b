"""Text that a change chose, made safe to show."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.untrusted import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders-consumer", "orders-consumer"),
        ("a\n::error::b", "a\\x0a::error::b"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil", "\\u202eevil"),
        ("\U000e0041", "\\U000e0041"),
        ("##[error]x ##vso[task.complete]", "#\\x23[error]x #\\x23vso[task.complete]"),
        ("## heading", "## heading"),
        ("\ud800", "\\ud800"),
        ("Größe 函数 ☃", "Größe 函数 ☃"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_invisible_is_left(text: str) -> None:
    """One line, printable in UTF-8, with no control or format character and no command in mid-line."""
    shown = plain(text)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(sign) for sign in shown} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip
    assert not re.search(r"##\w{0,20}\[", shown)
    assert plain(shown) == shown
