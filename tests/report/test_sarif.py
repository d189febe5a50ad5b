"""``sarif``: validated by the standard's own schema."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.model import Finding, FunctionReport, Report, Where
from guard.report import FORMATS, Options, RuleText
from guard.report.sarif import message

_SCENES = ["fires", "undecided", "clean", "nothing", "hostile", "many", "twins", "remarks"]


@pytest.fixture(scope="session")
def schema() -> jsonschema.Draft4Validator:
    place = Path(__file__).parents[1] / "data" / "schemas" / "sarif-schema-2.1.0.json.gz"
    return jsonschema.Draft4Validator(json.loads(gzip.decompress(place.read_bytes())))


def _run(report: Report, options: Options | None = None) -> dict[str, Any]:
    log = json.loads(FORMATS["sarif"].render(report, options or Options()))
    run: dict[str, Any] = log["runs"][0]
    return run


@pytest.mark.parametrize("scene", _SCENES)
def test_every_report_is_valid_sarif(
    scene: str, scenes: Mapping[str, Report], schema: jsonschema.Draft4Validator
) -> None:
    text = FORMATS["sarif"].render(scenes[scene], Options())
    assert text.isascii()
    assert "##[" not in text
    schema.validate(json.loads(text))


def test_the_schema_refuses_a_result_without_a_message(
    scenes: Mapping[str, Report], schema: jsonschema.Draft4Validator
) -> None:
    log = json.loads(FORMATS["sarif"].render(scenes["fires"], Options()))
    del log["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(log)


@pytest.mark.parametrize("scene", ["fires", "undecided", "hostile"])
def test_the_whole_log(scene: str, scenes: Mapping[str, Report], golden: Callable[[str, str], None]) -> None:
    golden(f"report/{scene}.sarif", FORMATS["sarif"].render(scenes[scene], Options()))


def test_kind_level_and_state_follow_the_judge(scenes: Mapping[str, Report]) -> None:
    found = {result["ruleId"]: result for result in _run(scenes["fires"])["results"]}
    told = {rule: (it["kind"], it["level"], it["baselineState"]) for rule, it in found.items()}
    assert told == {
        "saturated-baseline": ("fail", "error", "new"),
        "projected-headroom-upper": ("fail", "warning", "new"),
        "projected-headroom": ("fail", "error", "unchanged"),
        "no-baseline": ("open", "none", "unchanged"),
        "stale-baseline": ("fail", "error", "new"),
    }
    assert [rule for rule, it in found.items() if "suppressions" in it] == ["stale-baseline"]
    (change,) = found["saturated-baseline"]["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "infra/orders.tf"
    assert change["replacements"] == [
        {"deletedRegion": {"startLine": 31}, "insertedContent": {"text": "  memory_size = 256"}}
    ]


def test_the_help_of_a_rule_comes_from_its_card(scenes: Mapping[str, Report]) -> None:
    card = RuleText(summary="No baseline", why="Nothing was observed.", url="https://example.com/no-baseline")
    rules = _run(scenes["undecided"], Options(rules={"no-baseline": card}))["tool"]["driver"]["rules"]
    assert rules[0]["shortDescription"] == {"text": "No baseline"}
    assert rules[0]["help"] == {"text": "Nothing was observed."}
    assert rules[0]["helpUri"] == "https://example.com/no-baseline"


def test_every_result_has_a_place_and_points_at_its_rule(scenes: Mapping[str, Report]) -> None:
    for report in scenes.values():
        run = _run(report)
        assert all(len(result["locations"]) == 1 for result in run["results"])
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


@given(
    path=st.text(alphabet=st.characters(codec=None), min_size=1, max_size=30),
    line=st.integers(1, 9_999),
    other=st.integers(1, 9_999),
)
def test_a_fingerprint_does_not_know_lines(
    make_report: Callable[..., Report],
    make_function: Callable[..., FunctionReport],
    make_finding: Callable[..., Finding],
    path: str,
    line: int,
    other: int,
) -> None:
    """Moving a finding to another line or file changes no fingerprint, and any path is a valid URI."""
    function = make_function("orders")
    prints = []
    for where in (Where(path=path, line=line), Where(path="main.tf", line=other)):
        report = make_report(
            verdict="findings",
            exit_code=1,
            functions=(function,),
            findings=(make_finding(function, "projected-headroom", "m", where=where),),
        )
        result = _run(report)["results"][0]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not set(uri) & set(' <>"{}|\\^`:')
        prints.append(result["partialFingerprints"])
    assert prints[0] == prints[1]


@given(st.text(alphabet="[](){}a\\:/ ", max_size=30))
def test_no_text_becomes_a_link_or_a_placeholder(text: str) -> None:
    """SARIF reads ``[text](target)`` as a link and ``{0}`` as an argument; a message has neither."""
    shown = message(text)["text"]
    assert isinstance(shown, str)
    assert "](" not in shown
    assert "{" not in shown.replace("{{", "")
    assert "}" not in shown.replace("}}", "")
