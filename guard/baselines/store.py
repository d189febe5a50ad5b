"""``.guard/baselines.jsonl``: a header line, then one function a line, sorted; what pull requests read.

Schema ``guard.baselines/1``. Fields may be added and are passed over by older readers; another major version
is refused. Memory in MB of 2**20 bytes, durations in seconds, dates in UTC. It holds no account id, no
environment variable and no log text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter

from guard.baselines.rows import RowFault, baseline_of, row_of
from guard.errors import UsageError
from guard.model import Baseline

SCHEMA = "guard.baselines"
MAJOR = 1
MAX_BYTES = 64 * 2**20
MAX_FUNCTIONS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line: the window as UTC dates ("" unknown), where the reports came from, digest of the other lines.

    ``altered``: the digest does not fit, so the file was edited by hand or merged as text.
    """

    first: str = ""
    last: str = ""
    source: str = ""
    digest: str = ""
    altered: bool = False


class Store:
    """Baselines by function name. Where regions differ, a name has several rows."""

    def __init__(self, header: Header, baselines: Iterable[Baseline]) -> None:
        self.header = header
        self._rows = tuple(sorted(baselines, key=_order))

    @cached_property
    def _by_name(self) -> Mapping[str, list[Baseline]]:
        found: dict[str, list[Baseline]] = {}
        for row in self._rows:
            found.setdefault(row.function, []).append(row)
        return found

    def __iter__(self) -> Iterator[Baseline]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, function_name: str, region: str = "") -> Baseline | None:
        """The baseline of a function, or None. With several regions and none named, the one with the highest peak.

        ``region`` "" matches every row; a row without a region matches every region.
        """
        rows = self._by_name.get(function_name, [])
        if region:
            rows = [row for row in rows if row.region in {region, ""}]
        return max(rows, key=attrgetter("censored", "peak"), default=None)


def read(data: bytes, where: str) -> Store:
    """The store in these bytes. ``where`` is the file's name for faults.

    Raises ``UsageError`` with the line for anything malformed and for another major schema.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"is larger than {MAX_BYTES} bytes", where=where, todo="split it by team or repository")
    try:
        lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise UsageError("is not UTF-8", where=f"{where}:{line}", todo=_REMAKE) from fault
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise UsageError("is empty: a header line is missing", where=where, todo=_REMAKE)
    header = _header(_decode(lines[0], f"{where}:1"), f"{where}:1")
    if len(lines) > MAX_FUNCTIONS:
        raise UsageError(f"has more than {MAX_FUNCTIONS} lines", where=where, todo="split it by team or repository")
    values = _decode_lines(lines[1:], where)
    baselines: list[Baseline] = []
    seen: set[tuple[str, str]] = set()
    for number, value in enumerate(values, start=2):
        try:
            baseline = baseline_of(value, header.source)
        except RowFault as fault:
            raise UsageError(str(fault), where=f"{where}:{number}", todo=_REMAKE) from None
        key = (baseline.function, baseline.region)
        if key in seen:
            raise UsageError(f"{baseline.function} is here twice", where=f"{where}:{number}", todo=_REMAKE)
        seen.add(key)
        baselines.append(baseline)
    altered = bool(header.digest) and header.digest != _digest(lines[1:])
    return Store(replace(header, altered=altered), baselines)


_REMAKE = "make it again with guard baseline import or pull"


def render(baselines: Iterable[Baseline], *, source: str) -> bytes:
    """The file's bytes for these baselines: sorted, the same facts give the same bytes."""
    rows = sorted(baselines, key=_order)
    lines = [json.dumps(row_of(row, source), separators=(",", ":"), ensure_ascii=False) for row in rows]
    firsts = [row.first for row in rows if row.first]
    lasts = [row.last for row in rows if row.last]
    header = {
        "schema": f"{SCHEMA}/{MAJOR}",
        "from": min(firsts, default=""),
        "to": max(lasts, default=""),
        "source": source,
        "functions": len(rows),
        "digest": _digest(lines),
    }
    return "\n".join([json.dumps(header, separators=(",", ":"), ensure_ascii=False), *lines, ""]).encode()


def merge(stores: Sequence[Store]) -> list[Baseline]:
    """Every function of all stores; of a function in several, the row with the later last day, then more reports."""
    best: dict[tuple[str, str], Baseline] = {}
    for store in stores:
        for row in store:
            known = best.get(key := (row.function, row.region))
            if known is None or _freshness(row) > _freshness(known):
                best[key] = row
    return sorted(best.values(), key=_order)


def _freshness(row: Baseline) -> tuple[str, int, int, float]:
    return row.last, row.invocations, row.environments, row.peak


def _order(row: Baseline) -> tuple[str, str]:
    return row.function, row.region


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _decode(line: str, where: str) -> object:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as fault:
        why = str(fault).split(":", 1)[0] if isinstance(fault, ValueError) else "nests too deeply"
        raise UsageError(f"is not JSON: {why}", where=where, todo=_REMAKE) from None
    return value


def _decode_lines(lines: list[str], where: str) -> list[object]:
    """All lines at once where they are good (twice as fast); one by one where a fault must be found."""
    try:
        values = json.loads("[" + ",".join(lines) + "]")
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, list) and len(values) == len(lines):
        return values
    return [_decode(line, f"{where}:{number}") for number, line in enumerate(lines, start=2)]


def _header(value: object, where: str) -> Header:
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(schema, str):
        raise UsageError("the first line is no header with a schema", where=where, todo=_REMAKE)
    name, _, major = schema.partition("/")
    if name != SCHEMA or major.partition(".")[0] != str(MAJOR):
        raise UsageError(
            f"schema {schema[:60]!r} is not one this guard reads ({SCHEMA}/{MAJOR})", where=where, todo="upgrade guard"
        )
    texts: dict[str, str] = {}
    for key in ("from", "to", "source", "digest"):
        text = value.get(key, "")
        if not isinstance(text, str):
            raise UsageError(f"{key} is not a text", where=where, todo=_REMAKE)
        texts[key] = text
    return Header(first=texts["from"], last=texts["to"], source=texts["source"], digest=texts["digest"])
