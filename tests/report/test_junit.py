"""``junit``: validated by the schema Jenkins reads it with."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from guard.model import Finding, FunctionReport, Report
from guard.report import FORMATS, Options

_SCENES = ["fires", "undecided", "clean", "nothing", "hostile", "many", "twins", "remarks"]


@pytest.fixture(scope="session")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).parents[1] / "data" / "schemas" / "junit-10.xsd")


def _suite(text: str) -> ET.Element:
    suite = ET.fromstring(text.encode()).find("testsuite")  # noqa: S314 - our own output
    assert suite is not None
    return suite


@pytest.mark.parametrize("scene", _SCENES)
def test_every_report_is_valid(scene: str, scenes: Mapping[str, Report], schema: xmlschema.XMLSchema) -> None:
    schema.validate(FORMATS["junit"].render(scenes[scene], Options(now=datetime(2026, 1, 2, tzinfo=UTC))))


def test_the_schema_refuses_a_case_without_a_name(scenes: Mapping[str, Report], schema: xmlschema.XMLSchema) -> None:
    text = FORMATS["junit"].render(scenes["nothing"], Options()).replace('testcase name="guard check" ', "testcase ")
    assert not schema.is_valid(text)


@pytest.mark.parametrize("scene", ["fires", "undecided", "nothing", "hostile"])
def test_the_whole_suite(scene: str, scenes: Mapping[str, Report], golden: Callable[[str, str], None]) -> None:
    golden(f"report/{scene}.junit.xml", FORMATS["junit"].render(scenes[scene], Options()))


@pytest.mark.parametrize(
    ("scene", "counts"),
    [
        ("fires", ("7", "1", "0", "2")),
        ("undecided", ("1", "0", "1", "0")),
        ("clean", ("3", "0", "0", "0")),
        ("nothing", ("1", "0", "0", "1")),
        ("many", ("800", "500", "0", "300")),
    ],
)
def test_tests_failures_errors_and_skipped_add_up(
    scene: str, counts: tuple[str, ...], scenes: Mapping[str, Report]
) -> None:
    suite = _suite(FORMATS["junit"].render(scenes[scene], Options()))
    assert tuple(suite.get(name) for name in ("tests", "failures", "errors", "skipped")) == counts


@given(st.text(alphabet=st.characters(codec=None), min_size=1, max_size=60))
def test_any_name_makes_one_failing_case(
    make_report: Callable[..., Report],
    make_function: Callable[..., FunctionReport],
    make_finding: Callable[..., Finding],
    text: str,
) -> None:
    """Whatever a change writes, the document is well formed and says one failure, and no line is a CI command."""
    function = make_function(text)
    report = make_report(
        chosen_by=text,
        verdict="findings",
        exit_code=1,
        functions=(function,),
        findings=(make_finding(function, text, text, why=f"::error::{text}"),),
    )
    rendered = FORMATS["junit"].render(report, Options())
    assert _suite(rendered).get("failures") == "1"
    assert not any(line.lstrip().startswith("::") for line in rendered.splitlines())
