"""The cards of the documentation are cards."""

from __future__ import annotations

import re
from pathlib import Path

from guard.policy import parse_card
from guard.policy.cards import _KEYS, _PLACES, TEXTS
from guard.policy.sides import answer

TEXT = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")


def test_the_card_of_the_page_is_one_and_its_examples_hold() -> None:
    block = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert block is not None
    card = parse_card(block.group(1).encode(), "payment-reserve.toml")
    limits = {name: limit.value for name, limit in card.limits.items()}
    for example in card.examples:
        found = answer(card, {**example.after, **limits})
        assert (found.level.severity.value if found.level else "quiet") == example.gives


def test_the_page_names_every_key_place_and_placeholder() -> None:
    for name in (*_KEYS, *_PLACES):
        assert f"`{name}`" in TEXT or f"[{name}]" in TEXT, name
    for name in TEXTS:
        assert f"`{{{name}}}`" in TEXT, name
