"""``json``: the stable document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest

from guard.model import Report
from guard.report import FORMATS, Options

_SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "guard.report-1.json"


@pytest.mark.parametrize("scene", ["fires", "undecided", "clean", "nothing", "hostile", "many", "twins", "remarks"])
def test_every_report_satisfies_the_published_schema(scene: str, scenes: Mapping[str, Report]) -> None:
    schema = json.loads(_SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(FORMATS["json"].render(scenes[scene], Options()))
    jsonschema.Draft202012Validator(schema).validate(document)


def test_the_schema_refuses_a_document_without_a_verdict(scenes: Mapping[str, Report]) -> None:
    document = json.loads(FORMATS["json"].render(scenes["fires"], Options()))
    del document["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text())).validate(document)


def test_unknown_values_carry_their_reason(scenes: Mapping[str, Report]) -> None:
    document = json.loads(FORMATS["json"].render(scenes["undecided"], Options()))
    function = document["functions"][0]
    assert function["baseline"] == {"unknown": "the baselines have no row for it", "remedy": "guard baseline pull"}
    assert function["after"]["headroom"]["unknown"] == "the baselines have no row for it"
    assert document["head"] == "89abcdef0123456789abcdef0123456789abcdef"


def test_names_arrive_unchanged_and_cannot_forge_a_log_line(scenes: Mapping[str, Report], hostile: str) -> None:
    text = FORMATS["json"].render(scenes["hostile"], Options())
    assert text.isascii()
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert json.loads(text)["functions"][0]["function_name"] == hostile


@pytest.mark.parametrize("scene", ["fires", "undecided", "clean", "nothing"])
def test_the_whole_document(scene: str, scenes: Mapping[str, Report], golden: Callable[[str, str], None]) -> None:
    golden(f"report/{scene}.json", FORMATS["json"].render(scenes[scene], Options()))
