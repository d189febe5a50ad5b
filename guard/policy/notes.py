"""Sentences about a run as a whole: what touches many functions at once, and what the prices rest on."""

from __future__ import annotations

from collections.abc import Sequence

from guard.model import Finding, FunctionReport, Unknown
from guard.policy.book import prices_of
from guard.policy.radius import blast_radius
from guard.settings import Settings
from guard.untrusted import plain


def run_notes(reports: Sequence[FunctionReport], findings: Sequence[Finding], settings: Settings) -> tuple[str, ...]:
    """The blast radius of every place that touches several functions, then the price table where a fix costs money."""
    notes = [str(radius) for radius in blast_radius(reports)]
    fixed = {(finding.root, finding.address) for finding in findings if finding.fix is not None and finding.blocks}
    priced = any(
        (one.change.root, one.change.address) in fixed
        and not isinstance(one.projection.cost.get("recommended"), Unknown)
        for one in reports
    )
    if priced:
        table = plain(str(prices_of(settings)))
        notes.append(f"costs are by {table}; more memory also brings more CPU, so code that computes takes less time")
    return tuple(notes)
