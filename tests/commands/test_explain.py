"""``guard explain``: a rule, a quantity, or every number of a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.policy import shipped_cards
from guard.policy.pages import card_page
from guard.projection import QUANTITIES
from tests.artifacts.conftest import LocalIndex, index, make_index
from tests.commands.service import Service, row, terraform
from tests.conftest import GitRepo

__all__ = ["index", "make_index"]


@pytest.fixture
def service(make_repo: Callable[..., GitRepo], index: LocalIndex, tmp_path: Path) -> Service:
    service = Service(make_repo(), index, tmp_path / "scratch")
    service.base(("orders", 512), rows=(row("orders", 250, 512),))
    service.commit({"infra/main.tf": terraform(("orders", 256))})
    return service


@pytest.mark.parametrize("card", shipped_cards(), ids=lambda card: card.id)
def test_a_rule(card: object, service: Service) -> None:
    code, out, _ = service.run("explain", card.id)  # type: ignore[attr-defined]
    assert (code, out) == (0, card_page(card))  # type: ignore[arg-type]


def test_lists(service: Service) -> None:
    rules = service.run("explain", "--rules")[1].splitlines()
    assert [line.split()[0] for line in rules] == [card.id for card in shipped_cards()]
    quantities = service.run("explain", "--quantities")[1].splitlines()
    assert [line.split()[0] for line in quantities] == list(QUANTITIES)
    assert service.run("explain")[0] == 2


def test_a_quantity(service: Service) -> None:
    code, out, _ = service.run("explain", "headroom")
    assert code == 0
    assert "memory_size − projected_peak" in out


@pytest.mark.parametrize("word", ["orders", "aws_lambda_function.orders"])
def test_a_function(word: str, service: Service) -> None:
    code, out, _ = service.run("explain", word, "--base", "HEAD~1")
    assert code == 0
    for name in QUANTITIES:
        assert f"\n  {name} " in out
    assert "base: memory_size 512 MB, decided by literal at infra/main.tf:7" in out
    assert "head: memory_size 256 MB, decided by literal at infra/main.tf:7" in out
    assert "baseline: 2026-11-01 to 2026-11-22 from test: peak 250 MB of 512 MB, 90 environments" in out
    assert "262 MB → 6 MB" in out
    assert "  memory-lowered: error, introduced" in out
    assert "    assumed_headroom < floor: 6 MB against 25.6 MB, holds" in out


def test_a_word_that_means_nothing(service: Service) -> None:
    code, out, err = service.run("explain", "projected-headrom", "--base", "HEAD~1")
    assert (code, out) == (2, "")
    assert "is no rule, no quantity and no function; did you mean projected-headroom?" in err
