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
from operator import attrgetter

from guard.baselines.rows import RowFault, baseline_of, key_of, row_of
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
    """Baselines by function name. Where regions differ, a name has several rows.

    Rows are turned into baselines when they are taken, so that a pull request that touches three functions
    of a fleet does not pay for the fleet.
    """

    def __init__(self, header: Header, rows: Mapping[tuple[str, str], Baseline | _Line]) -> None:
        self.header = header
        self._rows = dict(rows)
        self._regions: dict[str, list[str]] = {}
        for function, region in self._rows:
            self._regions.setdefault(function, []).append(region)

    @classmethod
    def of(cls, header: Header, baselines: Iterable[Baseline]) -> Store:
        """A store of these baselines."""
        return cls(header, {_order(row): row for row in sorted(baselines, key=_order)})

    def __iter__(self) -> Iterator[Baseline]:
        """Every baseline, sorted. Raises ``UsageError`` with the line for a row with a malformed field."""
        for key in sorted(self._rows):
            yield self._take(key)

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, function_name: str, region: str = "") -> Baseline | None:
        """The baseline of a function, or None. With several regions and none named, the one with the highest peak.

        ``region`` "" matches every row; a row without a region matches every region. Raises ``UsageError``
        with the line for a row with a malformed field.
        """
        regions = self._regions.get(function_name, [])
        rows = [self._take((function_name, one)) for one in regions if not region or one in {region, ""}]
        return max(rows, key=attrgetter("censored", "peak"), default=None)

    def _take(self, key: tuple[str, str]) -> Baseline:
        row = self._rows[key]
        if isinstance(row, _Line):
            try:
                taken = baseline_of(row.value, self.header.source)
            except RowFault as fault:
                raise UsageError(str(fault), where=row.where, todo=_REMAKE) from None
            self._rows[key] = taken
            return taken
        return row


@dataclass(frozen=True, slots=True)
class _Line:
    """A row not yet taken."""

    value: dict[str, object]
    file: str
    number: int

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"


def read(data: bytes, where: str) -> Store:
    """The store in these bytes. ``where`` is the file's name for faults.

    Raises ``UsageError`` with the line for another major schema and for anything malformed: the header, a
    line that is no JSON object, a function without a name, twice, without size, peak or evidence. The other
    fields of a row are checked when it is taken.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"is larger than {MAX_BYTES} bytes", where=where, todo="split it by team or repository")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    head, _, body = data.rstrip().partition(b"\n")
    try:
        first, rest = head.decode(), body.decode()
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start + (len(head) + 1 if fault.object is body else 0)) + 1
        raise UsageError("is not UTF-8", where=f"{where}:{line}", todo=_REMAKE) from fault
    if not first.strip():
        raise UsageError("is empty: a header line is missing", where=where, todo=_REMAKE)
    header = _header(_decode(first, f"{where}:1"), f"{where}:1")
    lines = rest.split("\n") if rest else []
    if len(lines) > MAX_FUNCTIONS:
        raise UsageError(f"has more than {MAX_FUNCTIONS} lines", where=where, todo="split it by team or repository")
    rows: dict[tuple[str, str], _Line] = {}
    for number, value in enumerate(_decode_lines(lines, where), start=2):
        try:
            key = key_of(value)
        except RowFault as fault:
            raise UsageError(str(fault), where=f"{where}:{number}", todo=_REMAKE) from None
        if key in rows:
            raise UsageError(f"{key[0]} is here twice", where=f"{where}:{number}", todo=_REMAKE)
        rows[key] = _Line(value, where, number)  # type: ignore[arg-type]  # key_of refuses all but objects
    altered = bool(header.digest) and header.digest != hashlib.sha256(body).hexdigest()
    return Store(replace(header, altered=altered), rows)


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
