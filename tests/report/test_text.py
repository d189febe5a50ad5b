"""``text``: what a person sees in a terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.model import Finding, FunctionReport, Report, Revision, Undecided
from guard.report import FORMATS, Options
from guard.report.columns import cell_width
from guard.untrusted import plain

_SCENES = ["fires", "undecided", "clean", "nothing", "hostile", "twins", "remarks"]
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("scene", _SCENES)
def test_the_whole_text(
    scene: str, width: int, scenes: Mapping[str, Report], golden: Callable[[str, str], None]
) -> None:
    golden(f"report/{scene}.{width}.txt", FORMATS["text"].render(scenes[scene], Options(width=width)))


@pytest.mark.parametrize("scene", ["fires", "remarks"])
def test_everything_is_shown_when_asked(
    scene: str, scenes: Mapping[str, Report], golden: Callable[[str, str], None]
) -> None:
    golden(f"report/{scene}.all.txt", FORMATS["text"].render(scenes[scene], Options(width=100, show_all=True)))


@pytest.mark.parametrize("scene", [*_SCENES, "many"])
def test_without_colour_it_says_the_same(scene: str, scenes: Mapping[str, Report]) -> None:
    coloured = FORMATS["text"].render(scenes[scene], Options(colour=True))
    assert _COLOUR.search(coloured)
    assert _COLOUR.sub("", coloured) == FORMATS["text"].render(scenes[scene], Options())


@pytest.mark.parametrize("width", [1, 80, 97, 120, 200, 1000])
@pytest.mark.parametrize("scene", [*_SCENES, "many"])
def test_no_line_is_wider_than_the_terminal(scene: str, width: int, scenes: Mapping[str, Report]) -> None:
    options = Options(width=width)
    lines = FORMATS["text"].render(scenes[scene], options).splitlines()
    assert max(cell_width(line) for line in lines) <= options.columns


def test_the_last_line_is_the_exit_code(scenes: Mapping[str, Report]) -> None:
    for report in scenes.values():
        assert FORMATS["text"].render(report, Options()).splitlines()[-1] == f"exit {report.exit_code}"


def test_nothing_to_check_never_looks_like_all_is_well(scenes: Mapping[str, Report]) -> None:
    text = FORMATS["text"].render(scenes["nothing"], Options())
    assert "NOTHING TO CHECK" in text
    assert "PASS" not in text
    assert "ok" not in text.split()


@given(
    name=st.text(alphabet=st.characters(codec=None), min_size=1, max_size=200),
    memory=st.integers(128, 10_240),
    peak=st.floats(1, 10_240),
    growth=st.floats(-5_000, 5_000),
    width=st.integers(80, 200),
)
def test_names_are_cut_and_numbers_never_are(
    make_function: Callable[..., FunctionReport], name: str, memory: int, peak: float, growth: float, width: int
) -> None:
    """Names are cut in the middle, numbers never, and no line is wider than the terminal or forges a command."""
    function = make_function(name, memory=memory, peak=peak, growth=growth)
    report = Report(
        base=Revision(sha="a" * 40, label=name),
        head=Revision(sha=None, label="work tree"),
        chosen_by=name,
        verdict="clean",
        exit_code=0,
        functions=(function,),
    )
    text = FORMATS["text"].render(report, Options(width=width))
    assert str(memory) in text
    assert all(cell_width(line) <= width for line in text.split("\n"))
    assert not re.search(r"^\s*::|##\w*\[", text, re.MULTILINE)
    assert plain(text.replace("\n", "")) == text.replace("\n", "")


@pytest.mark.parametrize("name", ["text", "github", "markdown", "sarif", "junit", "gitlab", "html"])
def test_no_message_can_bury_the_report(
    make_report: Callable[..., Report],
    name: str,
    make_function: Callable[..., FunctionReport],
    make_finding: Callable[..., Finding],
) -> None:
    """A message, a name or a path of a megabyte is cut; only JSON holds it whole."""
    long = "x" * 1_000_000
    function = make_function(long, path=long)
    report = make_report(
        verdict="findings",
        exit_code=1,
        functions=(function,),
        findings=(make_finding(function, "projected-headroom", long, why=long, remedy=long),),
        not_checked=(Undecided(what=long, reason=long, remedy=long),),
        notes=(long,),
    )
    assert len(FORMATS[name].render(report, Options())) < 100_000


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_unknown_in_every_format(
    make_report: Callable[..., Report], name: str, number: float, make_function: Callable[..., FunctionReport]
) -> None:
    odd = make_function(
        "odd", peak=number, growth=number, attribution=(("numpy", number),), cost={"after": number, "recommended": 1.0}
    )
    report = make_report(
        functions=(odd,),
    )
    shown = re.sub(
        r"<s(?:cript|tyle)>.*?</s(?:cript|tyle)>", "", FORMATS[name].render(report, Options()), flags=re.DOTALL
    )
    assert not re.search(r"\b(inf|nan)\b", shown, re.IGNORECASE)


def test_a_long_list_of_what_was_not_checked_is_counted_unless_asked(scenes: Mapping[str, Report]) -> None:
    text = FORMATS["text"].render(scenes["many"], Options())
    assert text.count("Not checked: module.") == 5
    assert "Not checked: 295 things more (guard check --all)." in text
    assert FORMATS["text"].render(scenes["many"], Options(show_all=True)).count("Not checked: module.") == 300


def test_what_was_undecided_before_is_said_only_if_it_is_all_there_is(
    make_report: Callable[..., Report],
    make_function: Callable[..., FunctionReport],
    make_finding: Callable[..., Finding],
) -> None:
    function = make_function("orders")
    old = make_finding(
        function, "layer-limit", "the layers are not known", outcome="undecided", standing="pre-existing", blocks=False
    )
    new = make_finding(function, "projected-headroom", "4 MB stay free")
    alone = FORMATS["text"].render(make_report(functions=(function,), findings=(old,)), Options())
    both = FORMATS["text"].render(make_report(functions=(function,), findings=(old, new), exit_code=1), Options())
    assert "the layers are not known" in alone
    assert "UNDECIDED" in alone
    assert "the layers are not known" not in both
    assert "4 MB stay free" in both
