"""Every shipped card answers its own examples as they say."""

from __future__ import annotations

import pytest

from guard.policy import Card, shipped_cards
from guard.policy.cards import Example
from guard.policy.sides import answer, given

CASES = [(card, example) for card in shipped_cards() for example in card.examples]
OF_THE_CHANGE = {"saturated-baseline", "memory-lowered", "no-baseline", "insufficient-baseline", "stale-baseline"}


@pytest.mark.parametrize(("card", "example"), CASES, ids=[f"{card.id}: {each.name}" for card, each in CASES])
def test_example(card: Card, example: Example) -> None:
    assert given(card, example.after) == example.gives


@pytest.mark.parametrize("name", sorted(OF_THE_CHANGE))
def test_a_card_about_the_change_itself_is_quiet_before_it(name: str) -> None:
    """On the side before, growth, raise and lowering are 0."""
    fired = [(card, each) for card, each in CASES if card.id == name and each.gives != "quiet"]
    assert fired
    for card, example in fired:
        limits = {limit: value.value for limit, value in card.limits.items()}
        assert not answer(card, {**example.before, **limits}).fires, example.name


def test_every_level_of_every_card_has_an_example_that_reaches_it() -> None:
    for card in shipped_cards():
        gives = {example.gives for example in card.examples}
        for level in card.levels:
            assert ("undecided" if level.outcome == "undecided" else level.severity.value) in gives, card.id
