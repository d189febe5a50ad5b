"""The two Logs Insights queries, and how their rows become histograms.

Functions used are those of the CloudWatch Logs user guide ("Boolean, comparison, numeric, datetime, and other
functions"). Text reports fill the discovered fields ``@memorySize`` and ``@maxMemoryUsed`` in decimal bytes, JSON
reports ``record.metrics.*`` in MB; one query reads both. Grouping by the exact memory used keeps the
histogram exact, and the outcome is decided here, by the same code that reads lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from guard.baselines.histogram import STAMPED_SINCE, Environment, Histogram, Key, day_of
from guard.baselines.report import MAX_SIZE_MB, MIN_SIZE_MB, outcome_of
from guard.baselines.streams import function_of_group, milliseconds, parse_stream
from guard.errors import CannotDecide
from guard.units import mb_from_insights

MAX_ROWS = 100_000
"""Most rows a query may give (StartQuery, ``limit``)."""

_SAME = r"""filter (@type = "REPORT" and @message like /^REPORT RequestId: /)
    or (type = "platform.report" and not ispresent(level) and not ispresent(message))
| parse @message /Status: (?<textStatus>[a-z]+)/
| parse @message /Error Type: (?<textError>[A-Za-z.]+)/
| parse @message /Restore Duration: (?<textRestore>[0-9.]+) ms/
| fields coalesce(@memorySize, 0) as sizeDecimal, coalesce(record.metrics.memorySizeMB, 0) as sizeMB,
    coalesce(@maxMemoryUsed, 0) as usedDecimal, coalesce(record.metrics.maxMemoryUsedMB, 0) as usedMB,
    coalesce(@duration, record.metrics.durationMs) as ms,
    coalesce(@billedDuration, record.metrics.billedDurationMs) as billed,
    coalesce(textStatus, record.status, "") as status, coalesce(textError, record.errorType, "") as error
"""

ENVIRONMENTS = (
    _SAME
    + r"""| fields ceil(least(1, coalesce(@initDuration, textRestore, record.metrics.initDurationMs,
    record.metrics.restoreDurationMs, 0))) as cold,
    least(1, greatest(0, floor(ms) - billed)) as capped
| stats count(*) as reports, sum(ceil(billed)) as billedMs, min(toMillis(@timestamp)) as firstAt,
    max(toMillis(@timestamp)) as lastAt
    by @log, @logStream, sizeDecimal, sizeMB, usedDecimal, usedMB, status, error, cold, capped, bin(1d)
| limit 100000
"""
)

DURATIONS = (
    _SAME
    + r"""| fields greatest(1, 10 ^ (floor(log(greatest(1, ceil(ms))) / log(10) + 0.0000001) - 2)) as step
| parse @logStream /(?<function>[A-Za-z0-9_.-]*)\[(?<version>[^\]]+)\]/
| stats count(*) as reports
    by @log, function, version, sizeDecimal, sizeMB, ceil(ceil(ms) / step) * step as bucket
| limit 100000
"""
)

Row: TypeAlias = Mapping[str, str]
"""One result row by field name; Insights gives every value as text."""


def count_environments(rows: list[Row], configured: Mapping[str, int]) -> tuple[Histogram, frozenset[str]]:
    """The histogram of rows of :data:`ENVIRONMENTS`, and the functions whose environments are not known.

    ``configured``: the memory size (MB) each function has now. Raises ``CannotDecide`` when the sizes are
    not in the decimal unit that is expected.
    """
    histogram = Histogram()
    anonymous: set[str] = set()
    for row in rows:
        function, version, environment = _place(row)
        size, used = _memory(row, "size", configured.get(function)), _memory(row, "used", None)
        if not function or not used or not MIN_SIZE_MB <= size <= MAX_SIZE_MB:
            continue
        if not environment:
            anonymous.add(function)
            environment = "?1"
        status, error = row.get("status", ""), row.get("error", "")
        count = _whole(row, "reports")
        first, last = _time(row.get("firstAt", "")), _time(row.get("lastAt", ""))
        outcome = outcome_of(
            size=size, used=used, status=status, error=error, capped=_number(row.get("capped", "")) >= 1
        )
        crash = outcome == "crash"
        memory = outcome == "timeout" and used * 100 >= size * 95
        histogram.add_environment(
            Key(function, version, environment, size),
            Environment(
                first_at=first,
                first_used=used,
                first_cold=_number(row.get("cold", "")) >= 1 and not crash,
                last_at=last,
                peak=0 if crash else used,
                invocations=0 if crash else count,
                ooms=count if outcome == "oom" else 0,
                timeouts=count if outcome == "timeout" else 0,
                memory_timeouts=count if memory else 0,
                crashes=count if crash else 0,
                billed_ms=_whole(row, "billedMs"),
                days={} if crash else {day_of(first): used},
            ),
        )
    return histogram, frozenset(anonymous)


def count_durations(rows: list[Row], configured: Mapping[str, int]) -> Histogram:
    """The histogram of rows of :data:`DURATIONS`."""
    histogram = Histogram()
    for row in rows:
        function = row.get("function", "").rpartition(".")[2] or function_of_group(row.get("@log", ""))
        size = _memory(row, "size", configured.get(function))
        if function and MIN_SIZE_MB <= size <= MAX_SIZE_MB:
            bucket = {_whole(row, "bucket"): _whole(row, "reports")}
            histogram.add_durations((function, row.get("version", ""), size), bucket)
    return histogram


def _place(row: Row) -> tuple[str, str, str]:
    owner = function_of_group(row.get("@log", ""))
    stream = parse_stream(row.get("@logStream", ""))
    if stream is None:
        return owner, "", row.get("@logStream", "") if owner else ""
    return stream.function or owner, stream.version, stream.environment


def _memory(row: Row, name: str, configured: int | None) -> int:
    """MB of a text report's decimal bytes, or of a JSON report.

    Decimal bytes that are no whole number of MB mean that Insights changed its unit: every figure would be
    wrong by 4.9 %, so nothing is concluded.
    """
    decimal = _number(row.get(f"{name}Decimal", ""))
    if not decimal:
        return math.ceil(_number(row.get(f"{name}MB", "")))
    size = mb_from_insights(decimal)
    if not float(size).is_integer():
        now = f" (configured: {configured} MB)" if configured else ""
        raise CannotDecide(
            f"Logs Insights gives a memory {name} of {decimal:.0f}, which is no whole number of decimal MB{now}",
            todo="pull with --source filter-log-events, and report this with guard's version",
        )
    return int(size)


def _number(text: str) -> float:
    """A number as Insights writes it: ``1024``, ``1024.0``, ``1.2E9``; nothing is 0."""
    try:
        value = float(text) if text else 0.0
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and 0 <= value < 1e18 else 0.0


def _whole(row: Row, name: str) -> int:
    return round(_number(row.get(name, "")))


def _time(text: str) -> int:
    """A time as ms since 1970 or as ``2025-10-09 08:53:20.000``."""
    at = _number(text)
    return round(at) if at >= STAMPED_SINCE else milliseconds(text) or 0
