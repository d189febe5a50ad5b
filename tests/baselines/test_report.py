from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.baselines.report import NotAReport, Report, parse_kill, parse_report
from guard.baselines.streams import parse_line
from tests.baselines.lines import FORGERIES, Made, naive_outcome, reports

REAL = Path(__file__).parents[1] / "data" / "baselines" / "report-lines.txt"


def real_lines() -> list[dict[str, str]]:
    return [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def read_line(line: str) -> Report | NotAReport:
    return parse_report(line if line.startswith("{") else parse_line(line).body)


def test_every_real_line_is_classified_as_its_note_says(golden: Callable[[str, str], None]) -> None:
    lines = real_lines()
    assert len(lines) == 54
    shown = []
    for one in lines:
        report = read_line(one["line"])
        if isinstance(report, NotAReport):
            said = f"left out: {report.reason}"
        else:
            flags = [name for name in ("cold", "saturated", "memory_timeout") if getattr(report, name)]
            said = " ".join([f"{report.outcome} {report.used} of {report.memory_size} MB", *flags])
        shown.append(f"{said}\n    {one['note']}\n")
    golden("baselines/report-lines.txt", "".join(shown))


@pytest.mark.parametrize(
    "one", [pytest.param(one, id=one["note"][:40]) for one in real_lines() if "NOT" in one["note"]]
)
def test_what_is_marked_not_gives_no_sample(one: dict[str, str]) -> None:
    assert isinstance(read_line(one["line"]), NotAReport)


@given(reports())
def test_every_variant_is_read_with_its_figures(made: Made) -> None:
    """A report of any form gives the size, the memory used, the durations and how it ended."""
    report = parse_report(made.message)
    assert isinstance(report, Report)
    assert (report.request_id, report.memory_size, report.used) == (made.request_id, made.size, made.used)
    assert (report.duration_ms, report.billed_ms, report.cold) == (made.duration, made.billed, made.cold)
    assert report.outcome == naive_outcome(made)
    assert report.saturated == (made.used >= made.size - 1)
    assert report.memory_timeout == (made.status == "timeout" and made.used >= 0.95 * made.size)


@given(reports(), st.sampled_from(FORGERIES))
def test_a_report_inside_application_output_is_none(made: Made, wrapping: str) -> None:
    """Application code can print a fake REPORT line: the message must begin with it, and end with it."""
    if made.message.startswith("{") and wrapping == "{0} and more prose":
        wrapping = "{0}, {0}"
    if wrapping == "{0} and more prose" and "XRAY" not in made.message and made.message.endswith("\t"):
        wrapping = "x {0}"
    assert isinstance(parse_report(wrapping.format(made.message)), NotAReport)


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    """A broken input yields a reason, never an exception."""
    for start in ("", "REPORT RequestId: ", "{", '{"type":"platform.report","record":', "RequestId: "):
        parse_report(start + text)
        parse_kill(start + text)


@pytest.mark.parametrize(
    "event",
    [
        [],
        {"type": "platform.report"},
        {"type": "platform.report", "record": []},
        {"type": "platform.report", "record": {"metrics": 3}},
        {"type": "platform.report", "record": {"requestId": 1, "metrics": {}}},
        {"type": "platform.start", "record": {}},
    ],
)
def test_a_platform_event_of_another_shape_is_none(event: object) -> None:
    assert isinstance(parse_report(json.dumps(event)), NotAReport)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("maxMemoryUsedMB", 0),
        ("maxMemoryUsedMB", -5),
        ("maxMemoryUsedMB", True),
        ("maxMemoryUsedMB", "100"),
        ("maxMemoryUsedMB", float("nan")),
        ("maxMemoryUsedMB", 1e300),
        ("maxMemoryUsedMB", 10**400),
        ("memorySizeMB", None),
        ("memorySizeMB", 64),
        ("memorySizeMB", 99_999),
        ("durationMs", [1]),
    ],
)
def test_a_figure_that_lambda_never_writes_is_refused(key: str, value: object) -> None:
    metrics: dict[str, object] = {"durationMs": 1, "billedDurationMs": 1, "memorySizeMB": 128, "maxMemoryUsedMB": 50}
    event = {"type": "platform.report", "record": {"requestId": "a", "metrics": metrics | {key: value}}}
    assert isinstance(parse_report(json.dumps(event)), NotAReport)


def test_an_application_line_in_json_with_the_platform_type_is_refused() -> None:
    metrics = {"durationMs": 1, "billedDurationMs": 1, "memorySizeMB": 128, "maxMemoryUsedMB": 50}
    event = {"type": "platform.report", "record": {"requestId": "a", "metrics": metrics}}
    assert isinstance(parse_report(json.dumps(event)), Report)
    assert isinstance(parse_report(json.dumps(event | {"level": "INFO", "message": "x"})), NotAReport)


def test_a_kill_names_its_request() -> None:
    line = "RequestId: 8fc6f963-411b-58b5-8483-a32130c0f45d Error: Runtime exited with error: signal: killed\nRuntime"
    assert parse_kill(line) == "8fc6f963-411b-58b5-8483-a32130c0f45d"
    assert parse_kill(line.replace("signal: killed", "exit status 137")) == "8fc6f963-411b-58b5-8483-a32130c0f45d"
    assert parse_kill(line.replace("signal: killed", "exit status 1")) == ""
    assert parse_kill("user: " + line) == ""


@pytest.mark.parametrize("length", [10_000, 1_000_000])
def test_a_hostile_message_is_read_in_linear_time(length: int) -> None:
    head = "REPORT RequestId: a Duration: 1 ms Billed Duration: 1 ms Memory Size: 128 MB Max Memory Used: 5 MB"
    for tail in (" A" * (length // 2), " " * length + "x", " A: b" * (length // 5) + " !"):
        assert isinstance(parse_report(head + tail), NotAReport)
