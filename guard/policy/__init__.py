"""The judge: cards, limits and waivers of the base commit over the quantities of every function.

What ``guard/check.py`` calls, in order::

    settings = guard.settings.load(base_tree)
    cards = load_cards(base_tree, settings, today=date)                  # -> tuple[Card, ...]
    floor = floor_of(cards, settings, function)                          # -> guard.projection.Floor
    prices = prices_of(settings)                                         # -> guard.projection.Prices
    projection = guard.projection.project(change, growth, baseline, today=date, floor=floor, prices=prices)
    findings, waived, notes = judge(cards, reports, settings, today, line_of=line_reader(head_tree), law=changes)
    answer, exit_code = verdict(findings, settings=settings, undecided=())
    notes += run_notes(reports, findings, settings)                      # blast radius, price table
    changes = law_changes(base_tree, head_tree, settings, today=date)   # -> tuple[LawChange, ...]

``load_cards`` and ``guard.settings.load`` raise :class:`guard.errors.UsageError` with every fault. ``undecided`` are
the :class:`guard.model.Undecided` that kept touched functions from being judged at all.
"""

from __future__ import annotations

from guard.policy.book import floor_of, limits_of, load_cards, matches, noise_of, prices_of, shipped_cards
from guard.policy.cards import Card, parse_card
from guard.policy.fixes import line_reader, memory_fix
from guard.policy.judge import judge, verdict
from guard.policy.law import law_changes
from guard.policy.notes import run_notes
from guard.policy.radius import blast_radius

__all__ = [
    "Card",
    "blast_radius",
    "floor_of",
    "judge",
    "law_changes",
    "limits_of",
    "line_reader",
    "load_cards",
    "matches",
    "memory_fix",
    "noise_of",
    "parse_card",
    "prices_of",
    "run_notes",
    "shipped_cards",
    "verdict",
]
