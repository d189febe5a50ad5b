"""One pull: every part of a source into one histogram, then joined with the functions' configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from guard.baselines.histogram import Histogram
from guard.baselines.journal import Journal
from guard.baselines.sources import Source, Target
from guard.model import Baseline, Undecided
from guard.units import MB, number


@dataclass(slots=True, kw_only=True)
class Pulled:
    """What came of a pull so far. Mutable: it grows part by part."""

    histogram: Histogram = field(default_factory=Histogram)
    anonymous: set[str] = field(default_factory=set)
    lost: list[Undecided] = field(default_factory=list)
    parts: int = 0
    scanned: int = 0
    """Bytes."""
    queries: int = 0


def pull(
    source: Source, targets: Sequence[Target], journal: Journal, *,
    tick: Callable[[Pulled, int], None] | None = None, into: Pulled | None = None,
) -> Pulled:  # fmt: skip
    """Fetch every part that the journal does not have yet. ``tick`` gets what there is and the pieces planned.

    Raises ``CannotDecide`` when the source stops answering; the journal then holds everything finished.
    """
    pulled = into or Pulled()
    planned = source.pieces(targets, journal.window)
    for part in source.fetch(targets, journal.window, done=journal.done):
        journal.record(part)
        pulled.histogram.merge(part.histogram)
        pulled.anonymous |= part.anonymous
        pulled.lost.extend(part.lost)
        pulled.parts += not part.split
        pulled.scanned += part.scanned
        pulled.queries += part.queries
        if tick is not None:
            tick(pulled, planned)
    return pulled


def join(baselines: Iterable[Baseline], targets: Iterable[Target]) -> list[Baseline]:
    """Baselines with what the configuration adds: code, runtime, architecture, drift of memory, siblings."""
    by_name = {target.function: target for target in targets}
    rows = [_joined(row, by_name.get(row.function)) for row in baselines]
    return [_uncensored(row, rows) for row in rows]


def _joined(row: Baseline, target: Target | None) -> Baseline:
    if target is None:
        return row
    notes = row.notes
    if target.memory_size is not None and MB(target.memory_size) != row.memory_size:
        notes = (*notes, f"configured now: {target.memory_size} MB; nothing reported at that size yet")
    return replace(
        row, code_digest=target.code_digest, runtime=target.runtime, architecture=target.architecture, notes=notes
    )


def _uncensored(row: Baseline, rows: Sequence[Baseline]) -> Baseline:
    """A saturated function's demand as its sibling shows it: the same code with more memory, not saturated."""
    if not row.censored or not row.code_digest:
        return row
    siblings = [
        other for other in rows
        if other.code_digest == row.code_digest and not other.censored
        and other.memory_size > row.memory_size and other.region == row.region and other.peak >= row.peak - 1
    ]  # fmt: skip
    if not siblings:
        return row
    best = max(siblings, key=lambda other: (other.environments, other.invocations, other.function))
    note = (
        f"saturated: the peak is that of {best.function}, the same code at {number(best.memory_size)} MB "
        f"({best.environments} environments)"
    )
    return replace(row, peak=best.peak, censored=False, sibling=best.function, notes=(*row.notes, note))


def silent(targets: Iterable[Target], places: Mapping[str, str]) -> list[Undecided]:
    """Functions whose log settings hold back report events; ``places``: function -> file and line of the setting."""
    return [
        Undecided(
            what=target.function,
            reason="its log settings let no report events through (log_format JSON with system_log_level WARN)"
            + (f", set in {places[target.function]}" if target.function in places else ""),
            remedy='set system_log_level = "INFO"',
        )
        for target in targets
        if not target.reports
    ]  # fmt: skip
