"""Simulates a pull of a whole fleet through Logs Insights: queries, pages, bytes scanned, price, our own time.

    python bench/baseline_pull.py [--functions 5000] [--days 14] [--environments 6] [--invocations 2000]

``--environments`` and ``--invocations`` are per function and day. The answers are made up in this process, so the
time is guard's own; the price is that of the bytes Insights would scan.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from typing import Any

from guard.baselines.aws.insights import InsightsSource
from guard.baselines.histogram import MS_PER_DAY, Window
from guard.baselines.journal import Journal
from guard.baselines.pull import pull
from guard.baselines.sources import Target
from guard.baselines.store import read, render
from guard.baselines.summary import summarise
from guard.commands.baseline_pull import PRICE_PER_GB
from guard.units import decimal_gigabytes, show_bytes

NOW = 1_760_000_000_000
PAGE = 10_000
BYTES_AN_INVOCATION = 900
"""START, END, REPORT and three application lines, with CloudWatch's 26 bytes for each event."""


class Insights:
    """Answers the two queries for any groups and window, as a client would."""

    def __init__(self, days: int, environments: int, invocations: int) -> None:
        self.days, self.environments, self.invocations = days, environments, invocations
        self.started = self.pages = self.rows = 0
        self._results: dict[str, list[list[dict[str, str]]]] = {}
        self._scanned: dict[str, int] = {}

    def start_query(self, **asked: Any) -> dict[str, str]:
        """A query, answered at once."""
        self.started += 1
        identifier = f"q{self.started}"
        rows = [row for group in asked["logGroupNames"] for row in self._of(group, asked["queryString"])]
        self._results[identifier] = rows
        self._scanned[identifier] = len(asked["logGroupNames"]) * self.days * self.invocations * BYTES_AN_INVOCATION
        self.rows += len(rows)
        return {"queryId": identifier}

    def get_query_results(self, **asked: Any) -> dict[str, Any]:
        """One page of a query's rows."""
        self.pages += 1
        rows, at = self._results[asked["queryId"]], int(asked.get("nextToken", 0))
        more = {"nextToken": str(at + PAGE)} if at + PAGE < len(rows) else {}
        statistics = {"bytesScanned": float(self._scanned[asked["queryId"]])}
        return {"status": "Complete", "results": rows[at : at + PAGE], "statistics": statistics, **more}

    def stop_query(self, **_asked: Any) -> dict[str, bool]:
        """Nothing runs on."""
        return {"success": True}

    def _of(self, group: str, query: str) -> list[list[dict[str, str]]]:
        rng = random.Random(group)  # noqa: S311 - made-up data
        found = []
        log = f"123456789012:{group}"
        if " as step" in query:
            for bucket in range(10, 10 + 4 * 60, 4):
                row = {"@log": log, "function": "", "version": "7", "sizeDecimal": "512000000", "bucket": str(bucket),
                       "reports": str(rng.randint(1, 900))}  # fmt: skip
                found.append([{"field": key, "value": value} for key, value in row.items()])
            return found
        for day in range(self.days):
            for _ in range(self.environments):
                stream = f"2025/10/01/[7]{rng.getrandbits(128):032x}"
                at, used = NOW - day * MS_PER_DAY - rng.randrange(3_600_000), rng.randint(90, 300)
                for step in range(3):
                    row = {
                        "@log": log, "@logStream": stream, "sizeDecimal": "512000000", "cold": str(int(step == 0)),
                        "usedDecimal": f"{used + step * 5}000000", "capped": "0", "firstAt": str(at + step * 60_000),
                        "lastAt": str(at + step * 60_000 + 50_000), "billedMs": "90000",
                        "reports": str(self.invocations // self.environments // 3),
                    }  # fmt: skip
                    found.append([{"field": key, "value": value} for key, value in row.items()])
        return found


def main() -> None:
    """Pull, summarise, write, read; print what each took."""
    parser = argparse.ArgumentParser()
    for name, usual in (("functions", 5_000), ("days", 14), ("environments", 6), ("invocations", 2_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    args = parser.parse_args()
    client = Insights(args.days, args.environments, args.invocations)
    names = [f"team-service-component-{n:05}" for n in range(args.functions)]
    targets = [Target(function=name, group=f"/aws/lambda/{name}", memory_size=512) for name in names]
    window = Window.ending(NOW, args.days)
    begun = time.process_time()
    pulled = pull(InsightsSource(client, poll=0), targets, Journal(None, window, now=NOW))
    fetched = time.process_time()
    summary = summarise(pulled.histogram, source="insights")
    data = render(summary.baselines, source="insights")
    written = time.process_time()
    list(read(data, "x"))
    done = time.process_time()
    gigabytes = decimal_gigabytes(pulled.scanned)
    print(f"{args.functions:,} functions x {args.days} days, {args.invocations:,} invocations a day each")
    print(f"{client.started} queries, {client.pages} pages, {client.rows:,} rows")
    print(f"{gigabytes:,.0f} GB scanned, about ${gigabytes * PRICE_PER_GB:,.2f}; half without durations")
    print(f"guard's own CPU: fetch {fetched - begun:.1f} s, summarise and write {written - fetched:.1f} s")
    read_in = f"read in {(done - written) * 1e3:.0f} ms"
    print(f"file: {len(summary.baselines):,} functions, {show_bytes(len(data))}, {read_in}")
    if len(summary.baselines) != args.functions or re.search(rb'"invocations":0', data):
        raise SystemExit("something was lost")


if __name__ == "__main__":
    main()
