"""Reports by CloudWatch Logs Insights: two queries for every 50 log groups, however many lines there are.

Limits (CloudWatch Logs quotas): 50 groups a query, 60 minutes, 100,000 rows in pages of 10,000, 100 queries at
once of which we use 10. A query that times out or fills its rows is split: first by groups, then by time.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from guard.baselines.aws.queries import DURATIONS, ENVIRONMENTS, MAX_ROWS, Row, count_durations, count_environments
from guard.baselines.aws.session import Busy, Client, Gone, faults
from guard.baselines.histogram import Window
from guard.baselines.sources import Part, Target
from guard.cache import digest
from guard.errors import CannotDecide
from guard.model import Undecided
from guard.units import seconds_from_ms

GROUPS = 50
AT_ONCE = 10
SHORTEST_MS = 60 * 60 * 1_000
"""A window is not split below an hour."""
REFUSALS = 60
"""How often a start may be refused while none of our own queries runs: about ten minutes."""
FAILURES = 3
"""How often a failed query is started again."""

_Kind: TypeAlias = Literal["environments", "durations"]
_QUERIES: dict[_Kind, str] = {"environments": ENVIRONMENTS, "durations": DURATIONS}


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: _Kind
    groups: tuple[str, ...]
    window: Window
    failures: int = 0

    @property
    def key(self) -> str:
        return digest("insights-1", self.kind, *self.groups, str(self.window.start), str(self.window.end))

    def halves(self) -> tuple[_Piece, _Piece] | None:
        """Two pieces that make up this one, or None where it cannot be made smaller."""
        if len(self.groups) > 1:
            middle = len(self.groups) // 2
            return replace(self, groups=self.groups[:middle]), replace(self, groups=self.groups[middle:])
        start, end = self.window.start, self.window.end
        if end - start < 2 * SHORTEST_MS:
            return None
        cut = (start + end) // 2 // 1_000 * 1_000
        return (
            replace(self, window=Window(start=start, end=cut - 1)),
            replace(self, window=Window(start=cut, end=end)),
        )


def exactly(query: str, window: Window) -> str:
    """The query within a window to the ms: StartQuery itself knows whole seconds only."""
    return f"filter toMillis(@timestamp) >= {window.start} and toMillis(@timestamp) <= {window.end}\n| {query}"


class InsightsSource:
    """Logs Insights in one region. ``poll`` is the pause between looks at running queries, in seconds."""

    name = "insights"

    def __init__(self, client: Client, *, durations: bool = True, poll: float = 1.0) -> None:
        self._client = client
        self._kinds: tuple[_Kind, ...] = ("environments", "durations") if durations else ("environments",)
        self._poll = poll
        self._limit = AT_ONCE
        self._finished = 0
        self._refused = 0
        self._configured: dict[str, int] = {}
        self._wanted: frozenset[str] = frozenset()

    def pieces(self, targets: Sequence[Target], window: Window) -> int:
        """One piece for every query, before any is split."""
        return len(self._plan(targets, window))

    def fetch(self, targets: Sequence[Target], window: Window, *, done: Callable[[str], Part | None]) -> Iterator[Part]:
        """See :class:`guard.baselines.sources.Source`."""
        self._configured = {target.function: target.memory_size for target in targets if target.memory_size}
        self._wanted = frozenset(target.function for target in targets)
        waiting = deque(self._plan(targets, window))
        running: dict[str, _Piece] = {}
        try:
            while waiting or running:
                yield from self._start(waiting, running, done)
                finished = False
                for query in list(running):
                    part = self._look(query, running, waiting)
                    if part is not None:
                        finished = True
                        yield part
                if running and not finished:
                    time.sleep(self._poll)
        finally:
            self._stop(running)

    def estimate(self, targets: Sequence[Target], window: Window) -> int:
        """Bytes that the queries would scan, by Insights' own estimate, which costs nothing."""
        total = 0
        for piece in self._plan(targets, window):
            if piece.kind == "environments":
                rows, _ = self._whole(self._begin(piece, "filter ispresent(@message) | estimate"))
                total += sum(
                    round(float(row.get("estimatedBytesScanned") or row.get("bytesScanned") or 0)) for row in rows
                )
        return total * len(self._kinds)

    def _plan(self, targets: Sequence[Target], window: Window) -> list[_Piece]:
        groups = sorted({target.group for target in targets})
        batches = [tuple(groups[at : at + GROUPS]) for at in range(0, len(groups), GROUPS)]
        return [_Piece(kind, batch, window) for kind in self._kinds for batch in batches]

    def _start(
        self, waiting: deque[_Piece], running: dict[str, _Piece], done: Callable[[str], Part | None]
    ) -> Iterator[Part]:
        while waiting and len(running) < self._limit:
            piece = waiting.popleft()
            known = done(piece.key)
            if known is not None:
                if known.split:
                    waiting.extendleft(reversed(piece.halves() or ()))
                yield known
                continue
            try:
                running[self._begin(piece, _QUERIES[piece.kind])] = piece
                self._refused = 0
            except Busy:
                waiting.appendleft(piece)
                self._limit = max(1, len(running))
                if not running:
                    self._refused += 1
                    if self._refused > REFUSALS:
                        raise CannotDecide(
                            "too many Logs Insights queries are running in this account",
                            todo="run the same command again later: it goes on where it stopped",
                        ) from None
                    time.sleep(self._poll * 5)
                return
            except Gone:
                yield self._split(piece, waiting) or Part(key=piece.key, lost=(_gone(piece),))

    def _begin(self, piece: _Piece, query: str) -> str:
        with faults("starting a Logs Insights query"):
            answer = self._client.start_query(
                logGroupNames=list(piece.groups),
                startTime=math.floor(seconds_from_ms(piece.window.start)),
                endTime=math.ceil(seconds_from_ms(piece.window.end)),
                queryString=exactly(query, piece.window),
                limit=MAX_ROWS,
            )
        return str(answer["queryId"])

    def _look(self, query: str, running: dict[str, _Piece], waiting: deque[_Piece]) -> Part | None:
        """What became of a running query: a finished part, or None while it goes on."""
        piece = running[query]
        try:
            answer = self._page(query, None)
        except Busy:
            return None
        except Gone:
            answer = {"status": "Unknown"}
        status = answer.get("status")
        if status in {"Scheduled", "Running"}:
            return None
        del running[query]
        self._finished += 1
        if self._finished % 5 == 0:
            self._limit = min(AT_ONCE, self._limit + 1)
        if status == "Timeout":
            return self._split(piece, waiting) or self._lost(piece, "its query takes longer than an hour")
        if status != "Complete":
            if piece.failures + 1 >= FAILURES:
                return self._lost(piece, f"its query ended {FAILURES} times with {status}")
            waiting.append(replace(piece, failures=piece.failures + 1))
            return None
        rows, scanned = self._whole(query, answer)
        if len(rows) >= MAX_ROWS:
            return self._split(piece, waiting) or self._lost(piece, f"more than {MAX_ROWS} rows in an hour")
        return self._count(piece, rows, scanned)

    def _count(self, piece: _Piece, rows: list[Row], scanned: int) -> Part:
        anonymous: frozenset[str] = frozenset()
        if piece.kind == "environments":
            histogram, anonymous = count_environments(rows, self._configured)
        else:
            histogram = count_durations(rows, self._configured)
        histogram.keep(self._wanted)
        anonymous &= self._wanted
        return Part(key=piece.key, histogram=histogram, anonymous=anonymous, scanned=scanned, queries=1)

    def _split(self, piece: _Piece, waiting: deque[_Piece]) -> Part | None:
        halves = piece.halves()
        if halves is None:
            return None
        waiting.extendleft(reversed(halves))
        return Part(key=piece.key, split=True, queries=1)

    def _lost(self, piece: _Piece, reason: str) -> Part:
        lost = Undecided(what=", ".join(piece.groups), reason=reason, remedy="pull it with --source filter-log-events")
        return Part(key=piece.key, lost=(lost,), queries=1)

    def _page(self, query: str, token: str | None) -> dict[str, Any]:
        arguments = {"nextToken": token} if token else {}
        with faults("reading a Logs Insights query"):
            answer: dict[str, Any] = self._client.get_query_results(queryId=query, **arguments)
        return answer

    def _whole(self, query: str, answer: dict[str, Any] | None = None) -> tuple[list[Row], int]:
        """All pages of a complete query, and the bytes it scanned. Waits for it where it still runs."""
        while answer is None or answer.get("status") in {"Scheduled", "Running"}:
            if answer is not None:
                time.sleep(self._poll)
            answer = self._page(query, None)
        if answer.get("status") != "Complete":
            raise CannotDecide(f"a Logs Insights query ended with {answer.get('status')}", todo="run it again")
        scanned = round(float((answer.get("statistics") or {}).get("bytesScanned") or 0))
        rows = _rows(answer)
        busy = 0
        while token := answer.get("nextToken"):
            try:
                answer = self._page(query, str(token))
            except Busy:
                busy += 1
                if busy > 20:
                    raise CannotDecide("AWS throttles reading a query", todo="run the same command again") from None
                time.sleep(max(self._poll, 0.1))
                continue
            rows.extend(_rows(answer))
        return rows, scanned

    def _stop(self, running: dict[str, _Piece]) -> None:
        """Queries go on (and cost) after their client is gone: what still runs is stopped, as well as it goes."""
        for query in running:
            try:
                with faults("stopping a query"):
                    self._client.stop_query(queryId=query)
            except (Gone, Busy, CannotDecide):
                continue


def _gone(piece: _Piece) -> Undecided:
    return Undecided(what=piece.groups[0], reason="the log group is not there", remedy="deploy or drop its functions")


def _rows(answer: dict[str, Any]) -> list[Row]:
    return [
        {str(cell.get("field", "")): str(cell.get("value", "")) for cell in row} for row in answer.get("results", [])
    ]
