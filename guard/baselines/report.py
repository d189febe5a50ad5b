"""One log message → what an execution environment reported at the end of one invocation.

Two forms exist: the text line ``REPORT RequestId: …`` and the JSON event ``platform.report``
(AWS Lambda developer guide, "Viewing and querying CloudWatch logs for Lambda" and "Lambda Telemetry
API Event schema reference"). Memory is in whole MB of 2**20 bytes, durations in milliseconds as logged.
An application can print look-alikes, so a message counts only when it *is* a report from its first
character to its last.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

MAX_MESSAGE = 16_384
"""Characters. Real reports have under 1,000; CloudWatch events end at 1 MB."""
MIN_SIZE_MB = 128
MAX_SIZE_MB = 32_768
"""The API model's bounds of ``MemorySize`` (botocore, ``lambda/2015-03-31``)."""
RUNTIME_FLOOR_MB = 10
"""Less than any runtime that started: broken entry points report 3, the smallest real sample seen is 15 (Rust)."""
MEMORY_TIMEOUT_PERCENT = 95
"""A time-out that used at least this share of memory counts as one caused by memory."""

Outcome: TypeAlias = Literal["normal", "oom", "timeout", "crash"]
"""``crash``: the runtime or an extension did not get as far as the handler, or left; no sample of demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAReport:
    """A message that is no usable report, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One invocation as reported. ``memory_size`` and ``used`` in MB; durations in ms.

    ``cold``: the message carries an init or a restore, so it is the first of its environment.
    ``time``: ISO 8601 as written in a JSON report, "" in text. ``used`` is the high-water mark of the
    environment, not of the invocation.
    """

    request_id: str
    memory_size: int
    used: int
    duration_ms: float
    billed_ms: float
    outcome: Outcome
    cold: bool
    time: str = ""

    @property
    def saturated(self) -> bool:
        """Whether it reports all of its memory (127 of 128 is full: the mark is rounded down)."""
        return self.used >= self.memory_size - 1

    @property
    def memory_timeout(self) -> bool:
        """Whether it timed out with nearly all of its memory in use."""
        return self.outcome == "timeout" and self.used * 100 >= self.memory_size * MEMORY_TIMEOUT_PERCENT


_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_TEXT = re.compile(
    rf"REPORT RequestId: ([0-9A-Za-z-]{{1,64}})\s+Duration: {_NUMBER} ms\s+Billed Duration: {_NUMBER} ms"
    rf"\s+Memory Size: {_NUMBER} MB\s+Max Memory Used: {_NUMBER} MB(?=\s|\Z)"
)
_FIELD = re.compile(
    r"\s+((?:XRAY )?[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*){0,4}): ?"
    r"([0-9.]{1,24} (?:[a-z]{1,12}|MB)|[^\s:]{1,200})(?=\s|\Z)"
)
_EMULATED = re.compile(r"REPORT RequestId: \S{1,64}\s+Init Duration:")
_KILL = re.compile(
    r"RequestId: ([0-9A-Za-z-]{1,64}) Error: Runtime exited with error: (?:signal: killed|exit status 137)(?=\s|\Z)"
)
_CRASHES = ("Runtime.", "Extension.", "Sandbox.")
_APPLICATION_KEYS = frozenset({"level", "message", "msg", "logger", "timestamp", "requestId", "levelname"})
"""Keys of application log lines in Lambda's JSON format and in common JSON loggers; no platform event has them."""


def parse_report(message: str) -> Report | NotAReport:
    """The report that this log message is, or why it is none. Never raises; time is linear in the message."""
    if message.startswith("REPORT RequestId: "):
        return _text(message)
    if message.startswith("{"):
        return _json(message)
    if message.startswith(("INIT_REPORT", "RESTORE_REPORT")):
        return NotAReport(reason="a report of a start, which carries no memory")
    if message.startswith("REPORT RequestID:"):
        return NotAReport(reason="another cloud's report (RequestID)")
    return NotAReport(reason="does not begin with a report")


def parse_kill(message: str) -> str:
    """The request id whose process was killed (signal 9), which on Lambda means out of memory, or ""."""
    match = _KILL.match(message) if message.startswith("RequestId: ") else None
    return match.group(1) if match else ""


def _text(message: str) -> Report | NotAReport:
    if len(message) > MAX_MESSAGE:
        return NotAReport(reason="longer than any report")
    match = _TEXT.match(message)
    if match is None:
        if _EMULATED.match(message):
            return NotAReport(reason="written by the runtime emulator (Init Duration first), whose memory is made up")
        return NotAReport(reason="begins like a report but lacks its fields (size, memory used)")
    status = error = ""
    cold = False
    end = match.end()
    while field := _FIELD.match(message, end):
        end = field.end()
        name = field.group(1)
        if name == "Status":
            status = field.group(2)
        elif name == "Error Type":
            error = field.group(2)
        elif name in {"Init Duration", "Restore Duration"}:
            cold = True
    if message[end:].strip():
        return NotAReport(reason="goes on after its fields like an application's text")
    return _report(
        request_id=match.group(1),
        duration=float(match.group(2)),
        billed=float(match.group(3)),
        size=float(match.group(4)),
        used=float(match.group(5)),
        status=status,
        error=error,
        cold=cold,
    )


def _json(message: str) -> Report | NotAReport:
    if '"platform.report"' not in message:
        return NotAReport(reason="a JSON event of another kind")
    if len(message) > MAX_MESSAGE:
        return NotAReport(reason="longer than any report")
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return NotAReport(reason="is not JSON from its first to its last character")
    return parse_event(event)


def parse_event(event: object) -> Report | NotAReport:
    """The report that an already decoded ``platform.report`` event is. Never raises."""
    if not isinstance(event, dict) or event.get("type") != "platform.report":
        return NotAReport(reason="a JSON event of another kind")
    if _APPLICATION_KEYS & event.keys():
        return NotAReport(reason="an application's log line that looks like a report")
    record = event.get("record")
    metrics = record.get("metrics") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(metrics, dict):
        return NotAReport(reason="a report without metrics")
    numbers = [metrics.get(key) for key in ("durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB")]
    duration, billed, size, used = (_number(number) for number in numbers)
    if duration is None or billed is None or size is None or used is None:
        return NotAReport(reason="a report that lacks its fields (size, memory used)")
    request_id, time = record.get("requestId"), event.get("time")
    if not isinstance(request_id, str) or not 0 < len(request_id) <= 64:
        return NotAReport(reason="a report without a request id")
    status, error = record.get("status"), record.get("errorType")
    return _report(
        request_id=request_id,
        duration=duration,
        billed=billed,
        size=size,
        used=used,
        status=status if isinstance(status, str) else "",
        error=error if isinstance(error, str) else "",
        cold="initDurationMs" in metrics or "restoreDurationMs" in metrics,
        time=time if isinstance(time, str) else "",
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(value) if 0 <= value < 1e9 else None


def _report(
    *, request_id: str, duration: float, billed: float, size: float, used: float,
    status: str, error: str, cold: bool, time: str = "",
) -> Report | NotAReport:  # fmt: skip
    if used == 0:
        return NotAReport(reason="reports 0 MB used: an emulator that does not measure")
    if not MIN_SIZE_MB <= size <= MAX_SIZE_MB:
        return NotAReport(reason=f"a memory size that Lambda does not offer ({size:g} MB)")
    whole_size, whole_used = math.ceil(size), math.ceil(used)
    return Report(
        request_id=request_id,
        memory_size=whole_size,
        used=whole_used,
        duration_ms=duration,
        billed_ms=billed,
        outcome=outcome_of(
            size=whole_size, used=whole_used, status=status, error=error, capped=billed + 1 <= math.floor(duration)
        ),
        cold=cold,
        time=time,
    )


def outcome_of(*, size: int, used: int, status: str, error: str, capped: bool) -> Outcome:
    """How an invocation ended; ``size`` and ``used`` in MB.

    ``capped``: billed less than it ran, which only happens to a function stopped at its time-out (reports
    older than 2024 have no Status; the time-out is a line of its own).
    """
    if error == "Runtime.OutOfMemory":
        return "oom"
    if status == "timeout" or (not status and capped):
        return "timeout"
    if error.startswith(_CRASHES) or (status != "success" and used < RUNTIME_FLOOR_MB):
        return "oom" if used >= size - 1 else "crash"
    return "normal"
