"""Waivers: a reason, an owner and a last day. They hide exactly their own findings, and never silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from guard.model import Finding, Function, Waived
from guard.policy.book import matches
from guard.settings import Waiver
from guard.untrusted import plain

WARN_DAYS = 14
"""How long before its last day a waiver is spoken of."""


def apply_waivers(
    findings: Sequence[Finding],
    functions: Mapping[tuple[str, str], Function],
    waivers: Sequence[Waiver],
    today: date,
) -> tuple[tuple[Finding, ...], tuple[Waived, ...], tuple[str, ...]]:
    """Findings that stay, findings that are waived, and what must be said of the waivers.

    A waiver holds on its last day (UTC) and not after it.
    """
    stay: list[Finding] = []
    waived: list[Waived] = []
    used: set[int] = set()
    lapsed: dict[int, int] = {}
    for finding in findings:
        function = functions.get((finding.root, finding.address))
        hits = [
            index
            for index, waiver in enumerate(waivers)
            if waiver.rule == finding.rule and (function is not None and matches(waiver.function, function))
        ]
        used.update(hits)
        valid = [index for index in hits if waivers[index].expires >= today]
        if not valid:
            stay.append(finding)
            for index in hits:
                lapsed[index] = lapsed.get(index, 0) + 1
            continue
        waiver = max((waivers[index] for index in valid), key=lambda each: (each.expires, each.owner, each.reason))
        waived.append(
            Waived(
                finding=finding,
                reason=waiver.reason,
                owner=waiver.owner,
                expires=waiver.expires.isoformat(),
                days_left=(waiver.expires - today).days,
            )
        )
    return tuple(stay), tuple(waived), _notes(waivers, used, lapsed, today)


def _notes(waivers: Sequence[Waiver], used: set[int], lapsed: Mapping[int, int], today: date) -> tuple[str, ...]:
    notes = []
    for index, waiver in enumerate(waivers):
        place = f" ({waiver.where})" if waiver.where else ""
        name = plain(f"waiver of {waiver.rule} for {waiver.function}, owner {waiver.owner}{place}")
        left = (waiver.expires - today).days
        if left < 0:
            hidden = (
                f": {lapsed[index]} finding{'s' if lapsed[index] > 1 else ''} count again" if index in lapsed else ""
            )
            notes.append(f"LAPSED on {waiver.expires}: {name}{hidden}; fix the cause or renew it")
        elif index not in used:
            notes.append(f"unused: {name}; remove it")
        elif left <= WARN_DAYS:
            days = "today is its last day" if left == 0 else f"{left} day{'s' if left > 1 else ''} left"
            notes.append(f"expires {waiver.expires}, {days}: {name}")
    return tuple(notes)
