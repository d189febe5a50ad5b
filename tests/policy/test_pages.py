"""Generated documentation is what the cards and the table say today; ``pytest --update`` writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from guard.policy import shipped_cards
from guard.policy.pages import card_page, index_page
from guard.projection.quantities import page
from guard.settings import json_schema

DOCS = Path(__file__).parents[2] / "docs"


def _generated() -> Mapping[Path, str]:
    cards = shipped_cards()
    pages = {DOCS / "rules" / f"{card.id}.md": card_page(card) for card in cards}
    pages[DOCS / "rules" / "README.md"] = index_page(cards)
    pages[DOCS / "quantities.md"] = page()
    pages[DOCS / "schemas" / "settings.json"] = json.dumps(json_schema(), indent=2) + "\n"
    return pages


@pytest.mark.parametrize("path", list(_generated()), ids=lambda path: path.name)
def test_page_is_current(path: Path, request: pytest.FixtureRequest) -> None:
    text = _generated()[path]
    if request.config.getoption("--update"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_no_page_is_left_of_a_card_that_is_gone() -> None:
    assert set((DOCS / "rules").glob("*.md")) == {path for path in _generated() if path.parent.name == "rules"}
