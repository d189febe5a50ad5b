"""Reports of every variant seen in public, made up at random, and the plainest possible way to read them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hypothesis import strategies as st

DAY_MS = 86_400_000
NOW_MS = 1_760_000_000_000
"""2025-10-09T08:53:20Z."""


@dataclass(frozen=True)
class Made:
    """One generated report and its text or JSON form."""

    message: str
    request_id: str
    size: int
    used: int
    duration: float
    billed: int
    status: str
    error: str
    cold: bool


_GAPS = st.sampled_from(["\t", " \t", "  ", " ", "        "])
_XRAY = st.sampled_from(
    [
        "",
        "\t",
        "\t\nXRAY TraceId: 1-6ac7d63f-0104\tSegmentId: 7c4eb6a6\tSampled: true",
        " XRAY TraceId: 1-66d9 SegmentId: 28",
    ]
)
_STATUS = st.sampled_from(
    [
        ("", ""),
        ("timeout", ""),
        ("error", "Runtime.OutOfMemory"),
        ("error", "Runtime.ExitError"),
        ("error", "Runtime.ImportModuleError"),
        ("error", "Extension.Crash"),
        ("error", "Function.ResponseSizeTooLarge"),
    ]
)


@st.composite
def reports(draw: st.DrawFn, sizes: st.SearchStrategy[int] | None = None) -> Made:
    """A genuine report in one of the forms Lambda writes."""
    size = draw(sizes or st.sampled_from([128, 256, 512, 1769, 3009, 10240]))
    used = draw(st.one_of(st.integers(10, size), st.integers(size - 2, size + 1)))
    duration = draw(st.integers(1, 90_000_000)) / 100
    billed = -(-int(duration * 100) // 100)
    status, error = draw(_STATUS)
    cold = draw(st.booleans())
    request_id = str(draw(st.uuids(version=4)))
    if draw(st.booleans()):
        message = _json_form(draw, request_id, duration, billed, size, used, status, error, cold=cold)
    else:
        message = _text_form(draw, request_id, duration, billed, size, used, status, error, cold=cold)
    return Made(message, request_id, size, used, duration, billed, status, error, cold)


def _text_form(
    draw: st.DrawFn, request_id: str, duration: float, billed: int, size: int, used: int, status: str,
    error: str, *, cold: bool,
) -> str:  # fmt: skip
    gap = draw(_GAPS)
    after = []
    if cold:
        after.append(draw(st.sampled_from(
            [["Init Duration: 669.74 ms"], ["Restore Duration: 398.97 ms", "Billed Restore Duration: 182 ms"]]
        )))  # fmt: skip
    if status:
        after.append([f"Status: {status}", *([f"Error Type: {error}"] if error else [])])
    fields = [field for group in draw(st.permutations(after)) for field in group]
    head = f"REPORT RequestId: {request_id}"
    known = [
        f"Duration: {duration:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {size} MB",
        f"Max Memory Used: {used} MB",
    ]
    return gap.join([head, *known, *fields]) + draw(_XRAY)


def _json_form(
    draw: st.DrawFn, request_id: str, duration: float, billed: int, size: int, used: int, status: str,
    error: str, *, cold: bool,
) -> str:  # fmt: skip
    floats = draw(st.booleans())
    metrics: dict[str, float] = {
        "durationMs": duration,
        "billedDurationMs": float(billed) if floats else billed,
        "memorySizeMB": float(size) if floats else size,
        "maxMemoryUsedMB": float(used) if floats else used,
    }
    if cold:
        metrics[draw(st.sampled_from(["initDurationMs", "restoreDurationMs"]))] = 463.512
    record: dict[str, object] = {"requestId": request_id, "metrics": metrics, "status": status or "success"}
    if error:
        record["errorType"] = error
    record = dict(draw(st.permutations(list(record.items()))))
    event = {"time": "2025-10-09T08:00:00.000Z", "type": "platform.report", "record": record}
    return json.dumps(dict(draw(st.permutations(list(event.items())))), indent=None, separators=draw(_SEPARATORS))


_SEPARATORS = st.sampled_from([(",", ":"), (", ", ": ")])

FORGERIES = (
    "[INFO]\t2025-10-09T08:00:00.000Z\tabc\t{0}",
    "user said: {0}",
    '{{"level": "INFO", "message": "{0}"}}',
    "hello\n{0}",
    " {0}",
    "'{0}'",
    "{0} and more prose",
    "DEBUG {0}",
)
"""Ways in which an application's own output holds a report."""


def naive_outcome(made: Made) -> str:
    """How FACTS words it, as plainly as possible."""
    if made.error == "Runtime.OutOfMemory":
        return "oom"
    if made.status == "timeout":
        return "timeout"
    if made.error.startswith(("Runtime.", "Extension.")):
        return "oom" if made.used >= made.size - 1 else "crash"
    return "normal"
