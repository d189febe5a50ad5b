"""``gitlab``: what GitLab's parser accepts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import jsonschema
import pytest

from guard.model import Finding, FunctionReport, Report, Where
from guard.report import FORMATS, Options

_ACCEPTED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}
"""As documented for Code Quality reports, and as strict as the documentation is."""


@pytest.mark.parametrize("scene", ["fires", "undecided", "clean", "nothing", "hostile", "many"])
def test_every_report_is_accepted(scene: str, scenes: Mapping[str, Report]) -> None:
    text = FORMATS["gitlab"].render(scenes[scene], Options())
    assert text.isascii()
    jsonschema.Draft202012Validator(_ACCEPTED).validate(json.loads(text))


@pytest.mark.parametrize("scene", ["fires", "undecided", "nothing", "hostile"])
def test_the_whole_array(scene: str, scenes: Mapping[str, Report], golden: Callable[[str, str], None]) -> None:
    golden(f"report/{scene}.gitlab.json", FORMATS["gitlab"].render(scenes[scene], Options()))


def test_every_fingerprint_is_its_own(scenes: Mapping[str, Report]) -> None:
    found = json.loads(FORMATS["gitlab"].render(scenes["many"], Options()))
    assert len({it["fingerprint"] for it in found}) == 500


def test_a_fingerprint_does_not_know_lines(
    make_report: Callable[..., Report],
    make_function: Callable[..., FunctionReport],
    make_finding: Callable[..., Finding],
) -> None:
    function = make_function("orders")
    prints = set()
    for where in (None, Where(path="a.tf", line=3), Where(path="b.tf", line=9)):
        report = make_report(
            verdict="findings",
            exit_code=1,
            functions=(function,),
            findings=(make_finding(function, "projected-headroom", "m", where=where),),
        )
        prints.add(json.loads(FORMATS["gitlab"].render(report, Options()))[0]["fingerprint"])
    assert len(prints) == 1
