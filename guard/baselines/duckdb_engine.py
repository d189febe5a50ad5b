"""Large exports read by DuckDB (extra ``duckdb``): the same result as the plain parser, for a third of its CPU.

DuckDB takes the lines that are exactly as Lambda writes them apart with cheap splits and sums them up. Every
other line that might be a report goes through the plain parser, so both agree on every line. Files whose lines
only make sense in their order, or that DuckDB cannot read, are left to the plain parser as a whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from guard.baselines.collect import Collector
from guard.baselines.documents import decode_all, events_in
from guard.baselines.events import Event, Reading, read_events
from guard.baselines.files import Collected, LogFile, collect, first_lines
from guard.baselines.histogram import Environment, Histogram, Key, Window
from guard.baselines.streams import parse_line
from guard.errors import UsageError

Connection: TypeAlias = Any
"""A DuckDB connection; DuckDB makes its methods at run time."""

MEMORY_LIMIT = "240MB"
"""What DuckDB may hold before it goes to disk; Python and the result come on top."""
MAX_LINE = 2**20
"""Bytes; DuckDB sets aside 16 times as much. A longer line goes to the plain parser, with its file."""

_TEXT = """SELECT line, '' AS log_group, split_part(parts[1], ' ', 2) AS log_stream,
  epoch_ms(TRY_CAST(parts[1][1:23] AS TIMESTAMP)) AS at_ms, parts, parts[1] AS head
FROM (SELECT line, string_split(line, chr(9)) AS parts
  FROM read_csv($files, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false,
    auto_detect = false, strict_mode = false, max_line_size = $longest)
  WHERE contains(line, 'REPORT RequestId: ') OR contains(line, '"platform.report"')
    OR contains(line, 'Error: Runtime exited'))"""
_RECORDS = """SELECT e.message AS line, log_group, log_stream, e.timestamp AS at_ms,
  string_split(rtrim(e.message, chr(10)), chr(9)) AS parts, parts[1] AS head
FROM (SELECT logGroup AS log_group, logStream AS log_stream, unnest(logEvents) AS e
  FROM $reader WHERE coalesce(messageType, '') <> 'CONTROL_MESSAGE')
WHERE contains(e.message, 'REPORT RequestId: ') OR contains(e.message, '"platform.report"')
  OR contains(e.message, 'Error: Runtime exited')"""
_ID = "REPORT RequestId: ________-____-____-____-____________"
_HEADS = {
    True: (f"____-__-__T__:__:__.___Z ____/__/__/%[%]% {_ID}", "length(log_stream) + 80"),
    False: (_ID, "54"),
}
"""What stands before the first tab in stamped text and in records, and how long that is: nothing is between."""
_READERS = {
    "ndjson": "read_json($files, format = 'newline_delimited', columns = {'messageType': 'VARCHAR', "
    "'logGroup': 'VARCHAR', 'logStream': 'VARCHAR', 'logEvents': 'STRUCT(timestamp BIGINT, message VARCHAR)[]'}, "
    "maximum_object_size = 16777216)",
    "parquet": "read_parquet($files, union_by_name = true)",
}

# What must hold of a line for the plain parser to take it as a normal report with these very figures. `LIKE` and
# casts there and back cost a third of what regular expressions do; any other way of writing a number is `odd`.
_LOAD = """CREATE TABLE found AS
WITH fields AS (
  SELECT line, log_group, log_stream, at_ms, head, len(parts) AS n, coalesce(parts[6], '') AS ending,
    coalesce(parts[7], '') AS rest, parts[2][11:-4] AS ms_text, rtrim(parts[3])[18:-4] AS billed_text,
    parts[4][14:-4] AS size_text, parts[5][18:-4] AS used_text
  FROM ($rows)
),
numbers AS (
  SELECT *, TRY_CAST(ms_text AS DECIMAL(12, 2)) AS ms, TRY_CAST(billed_text AS INTEGER) AS billed,
    TRY_CAST(size_text AS SMALLINT) AS size, TRY_CAST(used_text AS SMALLINT) AS used
  FROM fields
)
SELECT log_group, log_stream, at_ms, size, used, billed, ending <> '' AS cold, ms,
  hash(right(head, 36), ms, billed, size, used) AS identity,
  CASE WHEN n BETWEEN 6 AND 7 AND at_ms BETWEEN 100000000000 AND 4102444799999 AND rest = '' AND head LIKE '$head'
      AND length(head) = $length
      AND line LIKE '%$tabDuration: % ms$tabBilled Duration: % ms%$tabMemory Size: % MB$tabMax Memory Used: % MB$tab%'
      AND ms::VARCHAR = ms_text AND billed::VARCHAR = billed_text AND size::VARCHAR = size_text
      AND used::VARCHAR = used_text AND size >= 128 AND used >= 10 AND billed + 1 > floor(ms)
      AND (ending = '' OR regexp_full_match(ending, 'Init Duration: [0-9]{1,9}[.][0-9]{1,9} ms'))
    THEN NULL ELSE line END AS odd
FROM numbers""".replace("$tab", "\t")

_UNIQUE = """CREATE TABLE good AS SELECT DISTINCT ON (identity) * FROM found WHERE odd IS NULL AND $inside
ORDER BY identity, at_ms, log_stream"""
_ENVIRONMENTS = """SELECT log_group, log_stream, size, at_ms // 86400000 AS day, count(*), sum(billed)::BIGINT,
  min(at_ms), max(at_ms), max(used), arg_min(used, place), arg_min(cold, place)
FROM (SELECT *, at_ms * 131072 + (NOT cold)::BIGINT * 65536 + used AS place FROM $table) GROUP BY ALL"""
# `place` orders reports of the same ms as the plain parser does: a cold one first, then the smaller.
_DURATIONS = """SELECT log_group, split_part(log_stream, ']', 1) || ']0', size, bucket, count(*) FROM (
  SELECT log_group, log_stream, size, ceil(ms)::BIGINT AS whole,
    CASE WHEN whole < 1000 THEN 1 WHEN whole < 10000 THEN 10 WHEN whole < 100000 THEN 100
      WHEN whole < 1000000 THEN 1000 WHEN whole < 10000000 THEN 10000 WHEN whole < 100000000 THEN 100000
      ELSE 1000000 END AS step,
    (whole + step - 1) // step * step AS bucket FROM $table) GROUP BY ALL"""


def collect_with_duckdb(
    files: Sequence[LogFile], *, function: str = "", until: int | None = None,
    tick: Callable[[int], None] | None = None,
) -> Collected:  # fmt: skip
    """As :func:`guard.baselines.files.collect`, and equal to it. Raises ``UsageError`` where DuckDB is missing."""
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(
            "DuckDB is not installed", todo="pip install 'headroom-guard[duckdb]', or leave out --engine"
        ) from None
    rows = _rows(files)
    if rows is not None:
        with tempfile.TemporaryDirectory(prefix="guard-duckdb-") as folder:
            connection = duckdb.connect(str(Path(folder) / "work.duckdb"))
            try:
                connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'; SET preserve_insertion_order = false")
                found = _read(connection, rows, files, function, until)
            except duckdb.Error:
                found = None
            finally:
                connection.close()
        if found is not None:
            return found
    if any(file.label.endswith(".parquet") for file in files):
        raise UsageError("DuckDB cannot read these files", todo="parquet needs logGroup, logStream and logEvents")
    return collect(files, function=function, until=until, tick=tick)


def _rows(files: Sequence[LogFile]) -> str | None:
    """The statement that reads these files, or None where their form is another or differs between them."""
    kinds = {_kind(file) for file in files}
    kind = kinds.pop() if len(kinds) == 1 else ""
    paths = "[" + ", ".join("'" + str(file.path).replace("'", "''") + "'" for file in files) + "]"
    if kind == "text":
        return _TEXT.replace("$files", paths).replace("$longest", str(MAX_LINE))
    if kind in _READERS:
        return _RECORDS.replace("$reader", _READERS[kind].replace("$files", paths))
    return None


def _kind(file: LogFile) -> str:
    """``text`` where every line has its time and stream, ``ndjson`` for records one a line, ``parquet``, or ""."""
    if file.path is None or any(letter in str(file.path) for letter in "*?[{"):
        return ""
    if file.label.endswith(".parquet"):
        return "parquet"
    compressed = file.path.name.endswith(".gz")
    lines = [line for line in first_lines(file, 20, compressed=compressed) if line.strip()]
    if not lines:
        return ""
    if all((line := parse_line(text)).stamped and line.stream for text in lines):
        return "text"
    records = [decode_all(text) for text in lines]
    whole = all(values is not None and len(values) == 1 and isinstance(values[0], dict) for values in records)
    return "ndjson" if whole and all("logEvents" in str(text) for text in lines) and events_in(records[0] or []) else ""


def _read(
    connection: Connection, rows: str, files: Sequence[LogFile], function: str, until: int | None
) -> Collected | None:
    """The histogram, or None where a line only makes sense in its place."""
    text = "read_csv" in rows
    connection.execute(
        _LOAD.replace("$head", _HEADS[text][0]).replace("$length", _HEADS[text][1]).replace("$rows", rows)
    )
    odd = connection.execute(
        "SELECT odd, log_group, log_stream, at_ms FROM found WHERE odd IS NOT NULL ORDER BY at_ms, log_stream, odd"
    ).fetchall()
    reading = Reading()
    if text:
        lines = [str(row[0]) for row in odd]
        if any(not parse_line(line).stamped for line in lines):
            return None
        events = list(read_events((line.encode() for line in lines), reading))
    else:
        events = [Event(message=row[0], at=row[3], group=row[1] or "", stream=row[2] or "") for row in odd]
    newest = connection.execute("SELECT max(at_ms) FROM found WHERE odd IS NULL").fetchone()[0]
    if until is None:
        probe = _counted(Histogram(), events, function)
        until = max((at for at in (newest, probe.histogram.newest()) if at is not None), default=None)
    window = None if until is None else Window.ending(until)
    collected = _counted(Histogram(window), events, function)
    collected.readings.update({file.label: Reading() for file in files})
    collected.readings["these files"] = reading
    _count(connection, collected, window)
    return collected


def _counted(histogram: Histogram, events: Sequence[Event], function: str) -> Collected:
    collector = Collector(histogram, function=function)
    for event in events:
        collector.take(event)
    return Collected(histogram=histogram, collector=collector)


def _count(connection: Connection, collected: Collected, window: Window | None) -> None:
    """Add what DuckDB found exact: a copy without duplicates is made only where there are some."""
    inside = "true" if window is None else f"at_ms BETWEEN {window.start} AND {window.end}"
    total, kept, unique = connection.execute(
        "SELECT count(*), count(*) FILTER ($inside), count(DISTINCT identity) FILTER ($inside) FROM found"
        " WHERE odd IS NULL".replace("$inside", inside)
    ).fetchone()
    table = "(SELECT * FROM found WHERE odd IS NULL AND $inside)".replace("$inside", inside)
    if unique != kept:
        connection.execute(_UNIQUE.replace("$inside", inside))
        table = "good"
    histogram, collector = collected.histogram, collected.collector
    histogram.outside += total - kept
    histogram.duplicates += kept - unique
    answer = connection.execute(_ENVIRONMENTS.replace("$table", table))
    while batch := answer.fetchmany(10_000):
        for group, stream, size, day, count, billed, first, last, peak, used, cold in batch:
            function, version, environment = collector.place(group, stream)
            if not function:
                collector.unattributed += count
                continue
            collector.reports += count
            key = Key(function, version, environment, size)
            part = Environment(
                first_at=first, first_used=used, first_cold=cold, last_at=last, peak=peak, invocations=count,
                billed_ms=billed, days={day: peak},
            )  # fmt: skip
            known = histogram.environments.setdefault(key, part)
            if known is not part:
                known.merge(part)
    for group, stream, size, bucket, count in connection.execute(_DURATIONS.replace("$table", table)).fetchall():
        function, version, _ = collector.place(group, stream)
        if function:
            histogram.add_durations((function, version, size), {bucket: count})
