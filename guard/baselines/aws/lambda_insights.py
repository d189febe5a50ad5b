"""Reports by CloudWatch Lambda Insights metrics: cheap and coarse, for functions that carry its extension.

Namespace ``LambdaInsights``, metrics ``used_memory_max`` and ``total_memory`` in MB, dimension
``function_name`` (Lambda Insights user guide, "Metrics collected by Lambda Insights"). A day's maximum is exact;
environments, cold starts, time-outs and durations are not in the metrics and stay unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from guard.baselines.aws.filter_events import days
from guard.baselines.aws.session import Busy, Client, Gone, faults
from guard.baselines.histogram import MS_PER_DAY, Environment, Histogram, Key, Window, day_of
from guard.baselines.report import MIN_SIZE_MB
from guard.baselines.sources import Part, Target
from guard.baselines.streams import moment
from guard.cache import digest
from guard.errors import CannotDecide

FUNCTIONS_A_CALL = 160
"""Three metrics each; GetMetricData takes 500."""
_METRICS = (
    ("used", "used_memory_max", "Maximum"),
    ("count", "used_memory_max", "SampleCount"),
    ("size", "total_memory", "Maximum"),
)


class LambdaInsightsSource:
    """GetMetricData in one region."""

    name = "lambda-insights"

    def __init__(self, client: Client) -> None:
        self._client = client

    def pieces(self, targets: Sequence[Target], window: Window) -> int:
        """One for each 160 functions."""
        del window
        return -(-len(targets) // FUNCTIONS_A_CALL)

    def fetch(self, targets: Sequence[Target], window: Window, *, done: Callable[[str], Part | None]) -> Iterator[Part]:
        """See :class:`guard.baselines.sources.Source`."""
        for at in range(0, len(targets), FUNCTIONS_A_CALL):
            batch = list(targets[at : at + FUNCTIONS_A_CALL])
            key = digest("metrics-1", str(window.start), str(window.end), *(target.function for target in batch))
            yield done(key) or self._piece(key, batch, window)

    def _piece(self, key: str, batch: list[Target], window: Window) -> Part:
        queries = [_query(f"{name}{index}", metric, statistic, target.function)
                   for index, target in enumerate(batch) for name, metric, statistic in _METRICS]  # fmt: skip
        start = days(window)[0].start // MS_PER_DAY * MS_PER_DAY
        found: dict[str, dict[int, float]] = {}
        token: str | None = None
        pages = 0
        while True:
            try:
                with faults("reading Lambda Insights metrics"):
                    page = self._client.get_metric_data(
                        MetricDataQueries=queries, StartTime=moment(start), EndTime=moment(window.end),
                        ScanBy="TimestampAscending", **({"NextToken": token} if token else {}),
                    )  # fmt: skip
            except (Busy, Gone):
                raise CannotDecide("AWS throttles reading metrics", todo="run the same command again later") from None
            pages += 1
            for result in page.get("MetricDataResults", []):
                values = found.setdefault(str(result.get("Id")), {})
                for stamp, value in zip(result.get("Timestamps", []), result.get("Values", []), strict=False):
                    values[_day(stamp)] = float(value)
            token = page.get("NextToken")
            if not token:
                break
        histogram = Histogram()
        for index, target in enumerate(batch):
            _count(histogram, target, *(found.get(f"{name}{index}", {}) for name, _, _ in _METRICS))
        functions = frozenset(key.function for key in histogram.environments)
        return Part(key=key, histogram=histogram, anonymous=functions, queries=pages)


def _query(identifier: str, metric: str, statistic: str, function: str) -> dict[str, Any]:
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {
                "Namespace": "LambdaInsights",
                "MetricName": metric,
                "Dimensions": [{"Name": "function_name", "Value": function}],
            },
            "Period": MS_PER_DAY // 1_000,
            "Stat": statistic,
        },
    }


def _day(stamp: datetime) -> int:
    return int(stamp.timestamp()) * 1_000 // MS_PER_DAY


def _count(
    histogram: Histogram, target: Target, used: dict[int, float], count: dict[int, float], size: dict[int, float]
) -> None:
    """One environment per memory size, since the metrics do not tell environments apart."""
    for day, peak in used.items():
        memory = math.ceil(size.get(day, 0)) or target.memory_size or 0
        if peak <= 0 or memory < MIN_SIZE_MB:
            continue
        at = day * MS_PER_DAY
        top = math.ceil(peak)
        histogram.add_environment(
            Key(target.function, "", f"?{memory}", memory),
            Environment(
                first_at=at, first_used=top, first_cold=False, last_at=at + MS_PER_DAY - 1, peak=top,
                invocations=max(1, round(count.get(day, 1))), days={day_of(at): top},
            ),
        )  # fmt: skip
