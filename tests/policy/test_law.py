"""Whatever a change does to the law is reported, and none of it applies to the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from guard.errors import UsageError
from guard.model import Severity
from guard.policy import judge, law_changes, load_cards
from guard.settings import Settings, load
from guard.trees import FolderTree
from tests.policy.build import TODAY, book

CARD = Path(__file__).parents[2] / "rules" / "layer-limit.toml"
OWN = CARD.read_text(encoding="utf-8").replace('id = "layer-limit"', 'id = "own-rule"')


def _tree(path: Path, files: Mapping[str, str]) -> FolderTree:
    path.mkdir()
    for name, text in files.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return FolderTree(path)


def _changes(tmp_path: Path, base: Mapping[str, str], head: Mapping[str, str]) -> list[tuple[str, str]]:
    old, new = _tree(tmp_path / "base", base), _tree(tmp_path / "head", head)
    return [(change.path, change.what) for change in law_changes(old, new, load(old), today=TODAY)]


WAIVER = """
[[waivers]]
rule = "package-limit"
function = "orders"
reason = "r"
owner = "team-a"
expires = 2027-01-01
"""


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        ({"guard.toml": ""}, {"guard.toml": 'undecided = "warn"'},
         [("guard.toml", "undecided changes from fail to warn")]),
        ({}, {"guard.toml": '[rules.projected-headroom]\nseverity = "off"\nleast = "1 MB"'},
         [("guard.toml", "rules.projected-headroom.least changes from the default to 1 MB"),
          ("guard.toml", "rules.projected-headroom.severity changes from the default to off"),
          ("guard.toml", "settings move from the defaults to guard.toml")]),
        ({"guard.toml": ""}, {"guard.toml": WAIVER},
         [("guard.toml", ("the waiver of package-limit for orders (owner team-a, until 2027-01-01) is added; it holds "
           "from the next change on"))]),
        ({"guard.toml": WAIVER}, {"guard.toml": ""},
         [("guard.toml", "the waiver of package-limit for orders (owner team-a, until 2027-01-01) is removed")]),
        ({".guard/baselines.jsonl": "a"}, {".guard/baselines.jsonl": "b"},
         [(".guard/baselines.jsonl", "the baseline file is changed; this change is judged by the base commit's")]),
        ({".guard/baselines.jsonl": "a"}, {},
         [(".guard/baselines.jsonl", "the baseline file is removed; this change is judged by the base commit's")]),
        ({"guard.toml": 'rules = ["policy"]', "policy/own-rule.toml": OWN},
         {"guard.toml": 'rules = ["policy"]', "policy/own-rule.toml": OWN + "\n"},
         [("policy/own-rule.toml", "the rule card is changed; this change is judged by the base commit's")]),
        ({"guard.toml": ""}, {"guard.toml": "undecided = 3"},
         [("guard.toml", ("after this change the settings would be refused: guard.toml:1: "
           'undecided: must be one of "fail", "warn"'))]),
        ({"guard.toml": '[[functions]]\nfunction = "a"\nmanifest = "x"'},
         {"guard.toml": '\n\n[[functions]]\nfunction = "a"\nmanifest = "x"'}, []),
        ({"pyproject.toml": "[project]"}, {"pyproject.toml": "[project]\nname = 'x'"}, []),
    ],
)  # fmt: skip
def test_changes(tmp_path: Path, base: Mapping[str, str], head: Mapping[str, str], said: list[tuple[str, str]]) -> None:
    assert _changes(tmp_path, base, head) == said


def test_they_are_findings_that_warn_and_can_be_made_to_fail(tmp_path: Path) -> None:
    old, new = _tree(tmp_path / "base", {}), _tree(tmp_path / "head", {"guard.toml": 'undecided = "warn"'})
    changes = law_changes(old, new, Settings(), today=TODAY)
    findings, _, _ = judge(book(), (), Settings(), TODAY, law=changes)
    assert {(each.rule, each.address, each.severity, each.blocks) for each in findings} == {
        ("law-changed", "", Severity.WARNING, False)
    }
    strict = _tree(tmp_path / "strict", {"guard.toml": '[rules.law-changed]\nseverity = "error"'})
    settings = load(strict)
    findings, _, _ = judge(load_cards(strict, settings, today=TODAY), (), settings, TODAY, law=changes)
    assert all(each.blocks for each in findings)
    assert findings


def test_own_cards_are_read_from_the_tree_and_every_fault_is_shown(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree", {"policy/own-rule.toml": OWN})
    settings = Settings(rule_folders=("policy",), path="guard.toml")
    assert "own-rule" in [card.id for card in load_cards(tree, settings, today=TODAY)]
    bad = _tree(
        tmp_path / "bad",
        {
            "policy/own-rule.toml": OWN.replace("layer_count > limit", "layers > limit"),
            "policy/layer-limit.toml": CARD.read_text(encoding="utf-8"),
            "guard.toml": """
[rules]
folders = ["policy", "nowhere"]
no-such = { severity = "off" }
package-limit = { limt = "3 B", share = "1 s" }
[[functions]]
function = "x"
limits = { leest = "3 MB", package-limit = { limit = "3 s" }, no-rule = { a = "1" } }
""",
        },
    )
    with pytest.raises(UsageError) as caught:
        load_cards(bad, load(bad), today=TODAY)
    assert caught.value.faults == (
        "nowhere: the settings' folder of rules holds no card (*.toml)",
        (
            "policy/layer-limit.toml:1: the id layer-limit is taken by rules/layer-limit.toml; settings can change "
            "a card's severity and limits"
        ),
        "policy/own-rule.toml:4: when[0]: 'layers > limit' uses the unknown name layers; did you mean days?",
        "policy/own-rule.toml:12: limits.limit: is used by no clause",
        "guard.toml:4: rules.no-such: there is no such rule",
        "guard.toml:5: rules.package-limit.limt: package-limit has no such limit; did you mean limit?",
        "guard.toml:5: rules.package-limit.share: is in seconds, but must be in %",
        "guard.toml:6: functions[x].limits.leest: no rule has such a limit; did you mean least?",
        "guard.toml:6: functions[x].limits.package-limit.limit: is in seconds, but must be in bytes",
        "guard.toml:6: functions[x].limits.no-rule: there is no such rule",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("layer_count = 5 }", "layer_count = 6 }",
         "own-rule.toml:19: the example 'five layers' gives error, not quiet"),
        ('place = "layers"', 'place = "layers"\nalongside = ["layer-limt"]',
         "own-rule.toml:1: alongside names the unknown rule layer-limt; did you mean layer-limit?"),
    ],
)  # fmt: skip
def test_an_own_card_that_does_not_hold_with_the_others(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in OWN
    tree = _tree(tmp_path / "tree", {"policy/own-rule.toml": OWN.replace(old, new)})
    with pytest.raises(UsageError) as caught:
        load_cards(tree, Settings(rule_folders=("policy",), path="guard.toml"), today=TODAY)
    assert caught.value.faults == (f"policy/{said}",)
