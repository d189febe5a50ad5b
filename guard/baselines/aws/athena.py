"""Reports in a fleet's S3 archive, through Athena: two statements, whatever the number of functions and lines.

Results come in pages of 1,000 rows of which the first holds the column names (API reference, GetQueryResults).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from guard.baselines import sql
from guard.baselines.aws.queries import Row, count_environments
from guard.baselines.aws.session import Busy, Client, Gone, faults
from guard.baselines.histogram import Histogram, Window
from guard.baselines.sources import Part, Target
from guard.baselines.streams import function_of_group, parse_stream
from guard.cache import digest
from guard.errors import CannotDecide, UsageError

_STATEMENTS = {"environments": sql.ENVIRONMENTS, "durations": sql.DURATIONS}
_COLUMNS = {
    "log_group": "@log", "log_stream": "@logStream", "size_mb": "sizeMB", "used_mb": "usedMB", "status": "status",
    "error": "error", "cold": "cold", "capped": "capped", "reports": "reports", "billed_ms": "billedMs",
    "first_at": "firstAt", "last_at": "lastAt",
}  # fmt: skip


class AthenaSource:
    """Athena in one region. ``poll`` is the pause between looks at a running statement, in seconds."""

    name = "athena"

    def __init__(self, client: Client, *, table: str, workgroup: str, poll: float = 1.0) -> None:
        self._client = client
        self._table = table
        self._workgroup = workgroup
        self._poll = poll

    def pieces(self, targets: Sequence[Target], window: Window) -> int:
        """One for each statement."""
        del targets, window
        return len(_STATEMENTS)

    def fetch(self, targets: Sequence[Target], window: Window, *, done: Callable[[str], Part | None]) -> Iterator[Part]:
        """See :class:`guard.baselines.sources.Source`."""
        wanted = frozenset(target.function for target in targets)
        for kind, template in _STATEMENTS.items():
            key = digest("athena-1", kind, self._table, str(window.start), str(window.end), *sorted(wanted))
            known = done(key)
            if known is not None:
                yield known
                continue
            try:
                text = sql.statement(template, dialect="athena", table=self._table, start=window.start, end=window.end)
            except ValueError as fault:
                raise UsageError(str(fault), todo="name it as database.table with --table") from None
            rows, scanned = self._run(text)
            histogram, anonymous = count(kind, rows)
            histogram.keep(wanted)
            yield Part(key=key, histogram=histogram, anonymous=anonymous & wanted, scanned=scanned, queries=1)

    def _run(self, text: str) -> tuple[list[dict[str, str]], int]:
        answer = self._ask("starting a statement", "start_query_execution", QueryString=text, WorkGroup=self._workgroup)
        query = str(answer["QueryExecutionId"])
        try:
            scanned = self._wait(query)
        except KeyboardInterrupt:
            self._ask("stopping a statement", "stop_query_execution", QueryExecutionId=query)
            raise
        return self._rows(query), scanned

    def _wait(self, query: str) -> int:
        while True:
            answer = self._ask("waiting for a statement", "get_query_execution", QueryExecutionId=query)
            execution = answer.get("QueryExecution", {})
            status = execution.get("Status", {})
            state = status.get("State")
            if state == "SUCCEEDED":
                return int(execution.get("Statistics", {}).get("DataScannedInBytes") or 0)
            if state not in {"QUEUED", "RUNNING"}:
                kind = (status.get("AthenaError") or {}).get("ErrorType", "")
                raise CannotDecide(
                    f"the Athena statement ended with {state} {kind}".rstrip(),
                    todo="look at it in Athena's history; guard baseline policy --athena prints table and permissions",
                )
            time.sleep(self._poll)

    def _rows(self, query: str) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        names: list[str] = []
        token: str | None = None
        while True:
            more = {"NextToken": token} if token else {}
            page = self._ask("reading a statement's rows", "get_query_results", QueryExecutionId=query, **more)
            for row in page.get("ResultSet", {}).get("Rows", []):
                values = [str(cell.get("VarCharValue", "")) for cell in row.get("Data", [])]
                if not names:
                    names = values
                    continue
                rows.append(dict(zip(names, values, strict=False)))
            token = page.get("NextToken")
            if not token:
                return rows

    def _ask(self, doing: str, operation: str, **arguments: object) -> dict[str, Any]:
        try:
            with faults(doing):
                answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except (Busy, Gone):
            raise CannotDecide(f"AWS throttles {doing}", todo="run the same command again later") from None
        return answer


def count(kind: str, rows: Sequence[dict[str, str]]) -> tuple[Histogram, frozenset[str]]:
    """Rows of a statement of :mod:`guard.baselines.sql` as a histogram, and functions without environments."""
    if kind == "environments":
        named: list[Row] = [{_COLUMNS[name]: value for name, value in row.items() if name in _COLUMNS} for row in rows]
        return count_environments(named, {})
    histogram = Histogram()
    for row in rows:
        stream = parse_stream(row["stream_head"] + "]0")
        function = (stream.function if stream else "") or function_of_group(row["log_group"])
        place = (function, stream.version if stream else "", int(row["size_mb"]))
        histogram.add_durations(place, {int(row["bucket"]): int(row["reports"])})
    return histogram, frozenset()
