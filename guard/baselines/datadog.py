"""Exports of Datadog's ``aws.lambda.enhanced.max_memory_used``: the metrics API's JSON, and CSV with a header.

The metric is a report's ``Max Memory Used`` in MB, tagged ``functionname``, ``memorysize``, ``executedversion`` and
``region`` (Datadog documentation, "AWS Lambda metrics"). Each point is a maximum over a span of time; which
environment reached it is not in it, nor how many invocations it stands for.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from guard.baselines.histogram import STAMPED_SINCE, Environment, Histogram, Key, day_of
from guard.baselines.report import MAX_SIZE_MB, MIN_SIZE_MB
from guard.baselines.streams import milliseconds

METRIC = "aws.lambda.enhanced.max_memory_used"
_VALUES = ("max", "value", METRIC)
"""Names of the column that holds the maximum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One maximum: MB in use, at a time (ms since 1970), of a function at a memory size (MB)."""

    function: str
    version: str
    memory_size: int
    at: int
    used: int


def points_of_json(value: object) -> Iterator[Point]:
    """The points of ``{"series": [{"metric", "tag_set", "pointlist": [[ms, value], …]}]}``; others are passed over."""
    series = value.get("series") if isinstance(value, dict) else None
    for one in series if isinstance(series, list) else []:
        if not isinstance(one, dict) or METRIC not in str(one.get("metric", one.get("expression", ""))):
            continue
        tags = _tags(one.get("tag_set")) | _tags(str(one.get("scope", "")).split(","))
        points = one.get("pointlist")
        for point in points if isinstance(points, list) else []:
            if isinstance(point, list) and len(point) == 2:
                yield from _point(tags, point[0], point[1])


def is_csv(first_line: str) -> bool:
    """Whether a header line names a function and the metric's maximum."""
    names = {name.strip().strip('"').lower() for name in first_line.split(",")}
    return "functionname" in names and bool(names & {*_VALUES}) and bool(names & {"time", "timestamp", "date"})


def points_of_csv(lines: Iterable[str]) -> Iterator[Point]:
    """The points of a CSV export with columns functionname, memorysize, a time, and the maximum."""
    for row in csv.DictReader(lines):
        tags = {str(key).strip().lower(): str(cell or "").strip() for key, cell in row.items() if key}
        at = next((tags[name] for name in ("timestamp", "time", "date") if tags.get(name)), "")
        used = next((tags[name] for name in _VALUES if tags.get(name)), "")
        yield from _point(tags, at, used)


def _tags(found: object) -> dict[str, str]:
    texts = [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
    return {name.strip(): value.strip() for name, mark, value in (text.partition(":") for text in texts) if mark}


def _point(tags: dict[str, str], at: object, used: object) -> Iterator[Point]:
    size, value = _number(tags.get("memorysize", "")), _number(used)
    moment = _number(at)
    when = milliseconds(str(at)) if moment is None else round(moment if moment >= STAMPED_SINCE else moment * 1_000)
    if not tags.get("functionname") or size is None or value is None or when is None or when < STAMPED_SINCE:
        return
    if value > 0 and MIN_SIZE_MB <= size <= MAX_SIZE_MB:
        yield Point(
            function=tags["functionname"], version=tags.get("executedversion", ""), memory_size=math.ceil(size),
            at=when, used=math.ceil(value),
        )  # fmt: skip


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) and value != "" else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number < 1e15 else None


def add(histogram: Histogram, point: Point) -> None:
    """Count a point as one invocation of an unknown environment: the peak is exact, the evidence the least possible."""
    window = histogram.window
    if window is not None and not window.start <= point.at <= window.end:
        histogram.outside += 1
        return
    histogram.add_environment(
        Key(point.function, point.version, "?1", point.memory_size),
        Environment(
            first_at=point.at, first_used=point.used, first_cold=False, last_at=point.at, peak=point.used,
            invocations=1, days={day_of(point.at): point.used},
        ),
    )  # fmt: skip
