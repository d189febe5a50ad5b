from __future__ import annotations

import base64
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.baselines.events import MAX_LINE, Event, Reading, read_events

GROUP = "/aws/lambda/orders"
STREAM = "2025/10/09/[$LATEST]88ab219a63d343d294d0a9947e8ab36a"
REPORT = (
    "REPORT RequestId: 5c237ed9\tDuration: 3.14 ms\tBilled Duration: 4 ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 55 MB\t\n"
)
EVENTS = [
    {"id": "1", "timestamp": 1_760_000_000_000, "message": "START RequestId: 5c237ed9 Version: $LATEST\n"},
    {"id": "2", "timestamp": 1_760_000_000_500, "message": REPORT},
]
RECORD = {
    "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": GROUP, "logStream": STREAM,
    "subscriptionFilters": ["all"], "logEvents": EVENTS,
}  # fmt: skip
CONTROL = {
    "messageType": "CONTROL_MESSAGE",
    "logGroup": "",
    "logStream": "",
    "logEvents": [{"id": "", "timestamp": 1, "message": "CWL"}],
}
WANTED = Event(message=REPORT, at=1_760_000_000_500, group=GROUP, stream=STREAM)


def reports(data: bytes, reading: Reading | None = None, stream: str = "") -> list[Event]:
    lines = io.BytesIO(data)
    found = read_events(lines, reading or Reading(), stream=stream)
    return [event for event in found if event.message.startswith(("REPORT", '{"time'))]


DELIVERIES = {
    "one a line": json.dumps(RECORD) + "\n" + json.dumps(CONTROL) + "\n",
    "run together": json.dumps(CONTROL) + json.dumps(RECORD),
    "an array": json.dumps([CONTROL, RECORD]),
    "an array over lines": json.dumps([CONTROL, RECORD], indent=2),
    "over lines": json.dumps(RECORD, indent=4) + "\n" + json.dumps(CONTROL, indent=4),
    "without an end": "\n\n" + json.dumps(RECORD),
    "with Windows ends": json.dumps(RECORD, indent=1).replace("\n", "\r\n") + "\r\n",
    "a Lambda event": json.dumps(
        {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(RECORD).encode())).decode()}}
    ),
}


@pytest.mark.parametrize("form", DELIVERIES)
def test_subscription_records_are_understood_in_every_delivery(form: str) -> None:
    reading = Reading()
    assert reports(DELIVERIES[form].encode(), reading) == [WANTED]
    assert reading.unreadable == 0


FILTERED = {
    "events": [
        {
            "logStreamName": STREAM,
            "ingestionTime": 1,
            "eventId": e["id"],
            "timestamp": e["timestamp"],
            "message": e["message"],
        }
        for e in EVENTS
    ],
    "searchedLogStreams": [],
}


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
@pytest.mark.parametrize("order", [1, -1])
def test_filter_log_events_output_is_understood(indent: int | None, order: int) -> None:
    document = dict(list(FILTERED.items())[::order])
    wanted = Event(message=REPORT, at=1_760_000_000_500, stream=STREAM)
    pages = json.dumps(document, indent=indent) + "\n"
    assert reports(pages.encode()) == [wanted]
    assert reports((pages * 2).encode()) == [wanted] * 2
    assert reports(json.dumps(FILTERED["events"], indent=indent).encode()) == [wanted]


def test_insights_results_are_understood() -> None:
    row = {
        "@timestamp": "2025-10-09 08:53:20.500",
        "@message": REPORT,
        "@logStream": STREAM,
        "@log": f"123456789012:{GROUP}",
    }
    results = {"results": [[{"field": key, "value": value} for key, value in row.items()]], "status": "Complete"}
    wanted = Event(message=REPORT, at=1_760_000_000_500, group=f"123456789012:{GROUP}", stream=STREAM)
    for indent in (None, 4):
        assert reports(json.dumps(results, indent=indent).encode()) == [wanted]


def test_export_text_takes_its_stream_from_the_folder() -> None:
    data = f"2025-10-09T08:53:20.000Z START RequestId: 5c237ed9\n2025-10-09T08:53:20.500Z {REPORT}"
    found = reports(data.encode(), stream=STREAM)
    assert found == [Event(message=REPORT.rstrip("\n"), at=1_760_000_000_500, stream=STREAM)]


def test_the_rest_of_an_applications_event_is_not_a_report() -> None:
    """An export writes a message of several lines as they are: only its first has a time stamp."""
    data = f"2025-10-09T08:53:20.000Z order received:\n{REPORT}{REPORT}2025-10-09T08:53:20.500Z {REPORT}"
    reading = Reading()
    assert len(reports(data.encode(), reading)) == 1
    assert reading.forged == 2


def test_a_report_after_a_report_without_time_stamps_counts() -> None:
    """Console copies mix with tool output: what follows the platform's own line is no application's."""
    data = f"2025-10-09T08:53:20.500Z {REPORT}{REPORT}"
    assert len(reports(data.encode())) == 2


def test_json_reports_as_lines_are_text() -> None:
    line = json.dumps({"time": "2025-10-09T08:53:20.500Z", "type": "platform.report", "record": {}})
    assert [event.message for event in reports(f"{line}\n{line}\n".encode())] == [line, line]
    assert [event.message for event in reports(f"2025-10-09T08:53:20Z {line}\n".encode())] == [line]


def test_an_applications_json_lines_are_not_events_and_hide_none() -> None:
    """JSON logs mix the application's lines with the platform's; only the platform's count."""
    report = json.dumps({"time": "2025-10-09T08:53:20.500Z", "type": "platform.report", "record": {}})
    lines = [
        {"id": "1", "timestamp": 1_760_000_000_000, "message": REPORT, "level": "INFO"},
        {"id": "1", "timestamp": "2025-10-09T08:53:20Z", "message": REPORT},
        {"eventId": "1", "timestamp": "now", "message": REPORT},
    ]
    for line in lines:
        data = f"{json.dumps(line)}\n{report}\n"
        assert [event.message for event in reports(data.encode())] == [report]


def test_records_inside_application_text_are_not_records() -> None:
    data = f"2025-10-09T08:53:20.000Z hello\n{json.dumps(RECORD)}\n"
    assert reports(data.encode()) == []


@pytest.mark.parametrize("damage", [b'{"logEvents": [', b"garbage", b"\xff\xfe", b"[1, 2"])
def test_a_damaged_record_is_counted_and_the_others_kept(damage: bytes) -> None:
    good = json.dumps(RECORD).encode()
    reading = Reading()
    assert reports(good + b"\n" + damage + b"\n" + good + b"\n", reading) == [WANTED, WANTED]
    assert (reading.unreadable, reading.first_unreadable) == (1, 2)


def test_a_damaged_item_of_a_list_is_counted_and_the_others_kept() -> None:
    text = json.dumps(FILTERED, indent=4).replace('"eventId": "1"', '"eventId": 1"')
    reading = Reading()
    assert len(reports(text.encode(), reading)) == 1
    assert reading.unreadable == 1


def test_a_cut_document_is_counted() -> None:
    reading = Reading()
    text = json.dumps(FILTERED, indent=4)
    assert reports(text[: text.index("searched")].encode(), reading) != []
    assert reading.unreadable == 1


def test_an_overlong_line_is_counted_and_not_parsed() -> None:
    reading = Reading()
    assert list(read_events([b"x" * (MAX_LINE + 1), REPORT.encode()], reading)) != []
    assert reading.unreadable == 1


@given(
    st.lists(
        st.sampled_from([*"{}[],", '"events": [', REPORT.strip(), json.dumps(RECORD), "2025-10-09T08:53:20Z x", ""]),
        max_size=12,
    )
)
def test_no_file_raises_or_invents(lines: list[str]) -> None:
    """Whatever a file holds, every report found in it stands in it."""
    data = "\n".join(lines)
    assert len(reports(data.encode())) <= data.count("REPORT RequestId")
