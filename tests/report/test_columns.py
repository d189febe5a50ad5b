"""Text in character cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guard.report.columns import cell_width, cut, cut_apart, pad, wrap

_TEXT = st.text(max_size=80)


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    assert cell_width("abc") == 3
    assert cell_width("函数") == 4
    assert cell_width("e\u0301") == 1


def test_the_middle_is_cut_out() -> None:
    assert cut("module.orders.consumer", 11) == "modul…sumer"
    assert cut("short", 11) == "short"
    assert cut("函数函数函数", 5) == "函…数"


@given(_TEXT, st.integers(0, 40))
def test_a_cut_text_fits(text: str, cells: int) -> None:
    """Whatever the text, the cut one takes no more cells than asked."""
    assert cell_width(cut(text, cells)) <= max(cells, 0)
    assert cell_width(pad(cut(text, cells), cells)) == max(cells, cell_width(cut(text, cells)))


@given(_TEXT, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, cells: int) -> None:
    """Wrapping only moves blanks: every other character stays, in order, on lines that fit."""
    lines = wrap(text, cells)
    assert all(cell_width(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_names_that_would_look_the_same_keep_what_tells_them_apart() -> None:
    names = [
        "module.lambda_function-createArchive.aws_lambda_function.this[0]",
        "module.lambda_function-downloadUrl.aws_lambda_function.this[0]",
        "module.queue.aws_lambda_function.this[0]",
    ]
    assert cut_apart(names, 30) == [
        "module.l…createArchive…this[0]",
        "module.la…downloadUrl….this[0]",
        "module.queue.a…unction.this[0]",
    ]


@given(st.lists(st.text(alphabet="ab.函", max_size=30), max_size=6, unique=True), st.integers(3, 24))
def test_cut_apart_fits_and_leaves_alone_what_fits(names: list[str], cells: int) -> None:
    """No name takes more than its cells, and one that fits is whole."""
    for name, shown in zip(names, cut_apart(names, cells), strict=True):
        assert cell_width(shown) <= cells
        assert cell_width(name) > cells or shown == name
