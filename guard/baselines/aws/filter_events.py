"""Reports by FilterLogEvents: every report line is fetched and parsed here. Slow, exact, and no charge for scans.

Pages hold up to 10,000 events or 1 MB and may be empty with more to come (API reference, FilterLogEvents).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from guard.baselines.aws.session import Busy, Client, Gone, faults
from guard.baselines.collect import Collector
from guard.baselines.events import Event
from guard.baselines.histogram import MS_PER_DAY, Histogram, Window
from guard.baselines.sources import Part, Target
from guard.cache import digest
from guard.errors import CannotDecide
from guard.model import Undecided

_PATTERNS = {"text": '"REPORT RequestId"', "json": '"platform.report"', "": '?"REPORT RequestId" ?"platform.report"'}
"""Filter patterns by log format; what passes is parsed strictly afterwards."""


class FilterEventsSource:
    """FilterLogEvents over each target's group, a day at a time."""

    name = "filter-log-events"

    def __init__(self, client: Client) -> None:
        self._client = client

    def pieces(self, targets: Sequence[Target], window: Window) -> int:
        """One piece for each group and day."""
        return len({target.group for target in targets}) * len(days(window))

    def fetch(self, targets: Sequence[Target], window: Window, *, done: Callable[[str], Part | None]) -> Iterator[Part]:
        """See :class:`guard.baselines.sources.Source`."""
        wanted = frozenset(target.function for target in targets)
        formats: dict[str, set[str]] = {}
        for target in targets:
            formats.setdefault(target.group, set()).add(target.log_format.lower())
        for group in sorted(formats):
            pattern = _PATTERNS.get(formats[group].pop() if len(formats[group]) == 1 else "", _PATTERNS[""])
            for day in days(window):
                key = digest("filter-1", group, str(day.start), str(day.end))
                yield done(key) or self._piece(key, group, day, pattern, wanted)

    def _piece(self, key: str, group: str, day: Window, pattern: str, wanted: frozenset[str]) -> Part:
        histogram = Histogram(day)
        collector = Collector(histogram)
        queries = 0
        token: str | None = None
        while True:
            arguments: dict[str, Any] = {"nextToken": token} if token else {}
            try:
                with faults(f"reading {group}"):
                    page = self._client.filter_log_events(
                        logGroupName=group, startTime=day.start, endTime=day.end, filterPattern=pattern, **arguments
                    )
            except Gone:
                lost = Undecided(what=group, reason="the log group is not there", remedy="deploy or drop its functions")
                return Part(key=key, lost=(lost,), queries=queries)
            except Busy:
                raise CannotDecide(f"AWS throttles reading {group}", todo="run the same command again later") from None
            queries += 1
            for event in page.get("events", []):
                collector.take(
                    Event(
                        message=str(event.get("message", "")),
                        at=event.get("timestamp"),
                        group=group,
                        stream=str(event.get("logStreamName", "")),
                    )
                )
            previous, token = token, page.get("nextToken")
            if not token or token == previous:
                break
        histogram.keep(wanted)
        return Part(key=key, histogram=histogram, anonymous=frozenset(collector.anonymous & wanted), queries=queries)


def days(window: Window) -> list[Window]:
    """The window cut at midnights UTC; each piece holds both its ends."""
    cuts = [window.start]
    midnight = (window.start // MS_PER_DAY + 1) * MS_PER_DAY
    while midnight <= window.end:
        cuts.append(midnight)
        midnight += MS_PER_DAY
    ends = [cut - 1 for cut in cuts[1:]] + [window.end]
    return [Window(start=start, end=end) for start, end in zip(cuts, ends, strict=True)]
