from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.baselines.streams import Stream, function_of_group, milliseconds, parse_line, parse_stream

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
VERSIONS = st.one_of(st.just("$LATEST"), st.integers(1, 10**6).map(str))


@given(NAMES, VERSIONS)
def test_function_and_version_are_always_recoverable(function: str, version: str) -> None:
    """Function and version are always recoverable: from the stream in a custom group, else from the group."""
    guid = "88ab219a63d343d294d0a9947e8ab36a"
    custom = parse_stream(f"2026/10/08/{function}[{version}]{guid}")
    own = parse_stream(f"2026/10/08/[{version}]{guid}")
    assert custom is not None
    assert (custom.function, custom.version) == (function, version)
    assert own == Stream(function="", version=version, environment=custom.environment)
    assert function_of_group(f"/aws/lambda/{function}") == function
    assert function_of_group(f"123456789012:/aws/lambda/us-east-1.{function}") == function


def test_an_export_folder_is_the_stream_with_dashes() -> None:
    assert parse_stream("2026-10-08-tenner-notifier[$LATEST]22be53") == parse_stream(
        "2026/10/08/tenner-notifier[$LATEST]22be53"
    )
    assert parse_stream("2026-10-08-[7]22be53") == parse_stream("2026/10/08/[7]22be53")


@pytest.mark.parametrize(
    "name", ["", "main", "2026/10/08/", "2026/10/08/[7]", "i-0abc/var/log", "2026/10/08/a b[7]c", "2026/10/08/[7]a\n"]
)
def test_other_streams_are_not_lambda(name: str) -> None:
    assert parse_stream(name) is None


@pytest.mark.parametrize("group", ["/ecs/api", "/aws/lambda/", "/aws/lambda/a/b", "shared", "/aws/lambda/a\n"])
def test_a_custom_group_names_no_function(group: str) -> None:
    assert function_of_group(group) == ""


@pytest.mark.parametrize(
    ("text", "at", "stream"),
    [
        ("2024-09-10T13:32:59.424Z REPORT x", 1725975179424, ""),
        ("2023-06-02T11:27:25.060000 REPORT x", 1685705245060, ""),
        ("2020-12-02T14:38:55.939-08:00[           thumbnailer-8d60c20] REPORT x", 1606948735939, ""),
        ("2023/06/02/[72]88ab 2023-06-02T11:27:25.060000 REPORT x", 1685705245060, "2023/06/02/[72]88ab"),
        ("2023-06-02T11:27:25.060000+00:00 2023/06/02/[$LATEST]8 REPORT x", 1685705245060, "2023/06/02/[$LATEST]8"),
        ("2023-06-02 11:27:25 REPORT x", 1685705245000, ""),
    ],
)  # fmt: skip
def test_prefixes_of_tools_are_taken_off(text: str, at: int, stream: str) -> None:
    line = parse_line(text)
    assert (line.stamped, line.at, line.stream, line.body) == (True, at, stream, "REPORT x")


def test_what_only_looks_like_a_time_is_none() -> None:
    assert milliseconds("2023-13-40T00:00:00Z") is None
    line = parse_line("2023-13-40T00:00:00Z REPORT x")
    assert line.stamped
    assert line.at is None


@given(st.text(max_size=200))
def test_no_line_raises(text: str) -> None:
    """Any text is a line: its prefix comes off or it has none."""
    assert parse_line(text).body in text
