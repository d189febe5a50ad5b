"""Every shipped card answers its own examples as they say."""

from __future__ import annotations

import pytest

from guard.policy import Card, shipped_cards
from guard.policy.cards import Example
from guard.policy.sides import answer

CASES = [(card, example) for card in shipped_cards() for example in card.examples]


@pytest.mark.parametrize(("card", "example"), CASES, ids=[f"{card.id}: {each.name}" for card, each in CASES])
def test_example(card: Card, example: Example) -> None:
    limits = {name: limit.value for name, limit in card.limits.items()}
    found = answer(card, {**example.after, **limits})
    if found.level is None:
        given = "quiet"
    elif found.unknown is not None or found.level.outcome == "undecided":
        given = "undecided"
    else:
        given = found.level.severity.value
    assert given == example.gives, [f"{clause.text}: {clause.left} / {clause.right}" for clause in found.clauses]


def test_no_card_fires_before_a_change_that_only_its_change_quantities_describe() -> None:
    """On the side before, growth, raise and lowering are 0: a card about the change itself is quiet there."""
    for card, example in CASES:
        if card.id in {"saturated-baseline", "memory-lowered", "no-baseline", "insufficient-baseline"}:
            limits = {name: limit.value for name, limit in card.limits.items()}
            assert not answer(card, {**example.before, **limits}).fires, (card.id, example.name)
