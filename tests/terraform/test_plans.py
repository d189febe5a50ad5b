"""Whole configurations against what ``terraform plan`` (1.11.4) made of them; ``bench/record_plans.py`` records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.cache import Cache
from guard.model import Function, RootSpec, Unknown
from guard.terraform import inventory
from guard.trees import FolderTree

PLANS = Path(__file__).parent.parent / "data" / "terraform" / "plans"
CASES = sorted(path.name for path in PLANS.iterdir())
UNKNOWN = "<unknown>"


def _settings(function: Function) -> dict[str, object]:
    values: dict[str, object] = {
        "function_name": function.name,
        "memory_size": function.memory.value,
        "timeout": function.timeout,
        "handler": function.handler,
        "runtime": function.runtime,
        "architectures": list(function.architectures) if isinstance(function.architectures, tuple) else None,
    }
    return {name: UNKNOWN if isinstance(value, Unknown) else value for name, value in values.items()}


def _like(expected: object, name: str) -> object:
    """What the provider's schema would make of a planned argument."""
    if expected == UNKNOWN or expected is None:
        return {"memory_size": 128, "timeout": 3}.get(name) if expected is None else expected
    if name in {"memory_size", "timeout"}:
        return int(str(expected))
    if isinstance(expected, bool):
        return "true" if expected else "false"
    return str(expected) if not isinstance(expected, list) else expected


@pytest.mark.parametrize("case", CASES)
def test_every_function_and_setting_is_as_planned(case: str, parsed: Cache) -> None:
    """The same addresses, the same values, and unknown exactly where Terraform says known after apply."""
    expected = json.loads((PLANS / case / "expected.json").read_text())
    (root,) = inventory(FolderTree(PLANS / case), [RootSpec(path="")], cache=parsed).roots
    found = {function.address: _settings(function) for function in root.functions}
    assert found.keys() == expected.keys()
    assert [item.reason for item in root.undecided] == []
    for address, planned in expected.items():
        wanted = {name: _like(value, name) for name, value in planned.items()}
        assert {name: found[address][name] for name in wanted} == wanted, address
