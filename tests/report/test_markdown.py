"""``markdown``: the comment on a pull request, read by GitHub's own parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options as Parse
from hypothesis import example, given
from hypothesis import strategies as st

from guard.model import Report
from guard.report import FORMATS, Options
from guard.report.markdown import MARKER
from guard.report.neutral import block, code, prose

_OURS = {"h3", "table", "thead", "tbody", "tr", "th", "td", "sub", "p", "strong", "ul", "li", "br", "code", "pre"}
_OURS |= {"details", "summary"}
_ANY = st.text(alphabet=st.characters(codec=None), max_size=60) | st.text(
    alphabet="`|\\<>@#[]()*_~:/w.!&$ aGH-1\n", max_size=40
)


def _html(markdown: str) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Parse.CMARK_OPT_UNSAFE))


@pytest.mark.parametrize("scene", ["fires", "undecided", "clean", "nothing", "hostile", "remarks"])
def test_the_whole_comment(scene: str, scenes: Mapping[str, Report], golden: Callable[[str, str], None]) -> None:
    golden(f"report/{scene}.md", FORMATS["markdown"].render(scenes[scene], Options()))


def test_the_first_line_is_the_verdict_and_the_number_that_decides(scenes: Mapping[str, Report]) -> None:
    first = FORMATS["markdown"].render(scenes["fires"], Options()).splitlines()[0]
    assert first == (
        "### ❌ guard: FAIL: 1 of 4 touched functions fails — "
        "`orders-consumer`: reported 127 of 128 MB and would grow by 10.9 MB"
    )


def test_500_functions_fit_a_comment_and_say_what_was_left_out(scenes: Mapping[str, Report]) -> None:
    text = FORMATS["markdown"].render(scenes["many"], Options(show_all=True))
    assert len(text) < 65_000
    assert re.search(r"… and \d+ more functions", text)
    assert text.rstrip().endswith(MARKER)


@pytest.mark.parametrize("scene", ["fires", "hostile", "many"])
def test_the_page_holds_only_elements_of_ours_and_no_link(scene: str, scenes: Mapping[str, Report]) -> None:
    page = _html(FORMATS["markdown"].render(scenes[scene], Options()))
    assert set(re.findall(r"<(\w+)", page)) <= _OURS
    assert not re.search(r"@\w|#\d|\x1b|\u202e", re.sub(r"<code.*?</code>", "", page, flags=re.DOTALL))


def test_every_table_row_has_seven_cells(scenes: Mapping[str, Report]) -> None:
    page = _html(FORMATS["markdown"].render(scenes["hostile"], Options()))
    rows = re.findall(r"<tr>(.*?)</tr>", page.split("</table>")[0], flags=re.DOTALL)
    assert [len(re.findall(r"<t[hd][ >]", row)) for row in rows] == [7, 7]


@example("awww.x aGH-1 a#1 a://b")
@given(_ANY)
def test_prose_shows_the_text_and_does_nothing(text: str) -> None:
    """Untrusted text in a cell is text: no element, no extra cell, no mention, no reference, no link."""
    page = _html(f"| a | b |\n|--|--|\n| x {prose(text)} | y |\n")
    assert set(re.findall(r"<(\w+)", page)) <= {"table", "thead", "tbody", "tr", "th", "td"}
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert len(cells) == 2
    assert cells[1] == "y"
    assert not re.search(r"@\w|#\w|GH-\d|www\.|://", cells[0], re.IGNORECASE)


@given(_ANY)
def test_code_shows_the_text_and_does_nothing(text: str) -> None:
    """Untrusted text as code is one code span, or prose."""
    page = _html(f"| a | b |\n|--|--|\n| x {code(text)} | y |\n")
    assert set(re.findall(r"<(\w+)", page)) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.count("<td>") == 2
    outside = re.sub(r"<code>.*?</code>", "", page)
    assert not re.search(r"@\w|#\w|GH-\d|www\.|://", outside, re.IGNORECASE)


@given(st.text(alphabet="`~a \\", min_size=1, max_size=40))
def test_a_block_ends_only_where_it_should(text: str) -> None:
    """No run of backticks within a block ends it."""
    page = _html(f"{block('x' + text, 'suggestion')}\n\nafter\n")
    assert page.count("<pre") == 1
    assert page.rstrip().endswith("<p>after</p>")
