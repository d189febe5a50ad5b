"""The second workflow for forks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.action.relay import MARK, body, relay
from guard.action.workflow import Workflow
from guard.errors import UsageError
from tests.action.conftest import GitHub

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def run(tmp_path: Path, github: GitHub) -> Callable[..., str]:
    """Run the relay for a run of ``mallory:topic``; returns its log."""

    def call(text: str, sha: str = SHA, event_name: str = "workflow_run") -> str:
        (tmp_path / "report.txt").write_text(text)
        event = {
            "workflow_run": {
                "id": 99, "head_sha": sha, "head_branch": "topic", "head_repository": {"owner": {"login": "mallory"}},
            }
        }  # fmt: skip
        (tmp_path / "event.json").write_text(json.dumps(event))
        log = io.StringIO()
        environ = {
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "o/r",
            "GUARD_ACTION_TOKEN": "a-token",
            "GUARD_ACTION_FILE": str(tmp_path / "report.txt"),
        }
        assert relay(Workflow.read(environ, log)) == 0
        return log.getvalue()

    return call


def test_the_text_of_the_run_becomes_one_comment(run: Callable[..., str], github: GitHub) -> None:
    github.pulls = [{"number": 7, "head": {"label": "mallory:topic", "sha": SHA}}]
    run("FAIL orders\nexit 1\n")
    run("PASS\nexit 0\n")
    (comment,) = github.comments
    assert comment["body"].startswith("### guard, as reported by the unprivileged run 99\n\n```text\nPASS")


@pytest.mark.parametrize("pulls", [[], [{"number": 7, "head": {"label": "mallory:topic", "sha": "f" * 40}}]])
def test_a_commit_that_is_no_pull_requests_head_gets_no_comment(
    pulls: list[dict[str, object]], run: Callable[..., str], github: GitHub
) -> None:
    github.pulls = pulls
    assert "nothing is written" in run("FAIL")
    assert github.writes == []


def test_another_event_is_refused(run: Callable[..., str]) -> None:
    with pytest.raises(UsageError, match="workflow_run only"):
        run("FAIL", event_name="pull_request")


def test_an_event_without_a_commit_is_refused(run: Callable[..., str]) -> None:
    with pytest.raises(UsageError, match="names no commit"):
        run("FAIL", sha="../../x")


@given(st.text(max_size=200) | st.text(alphabet="`~\n@#<>[]()!", max_size=80))
def test_an_artifact_is_shown_and_does_nothing(text: str) -> None:
    """Whatever the artifact holds, the comment is one heading and one block of code."""
    page = cmarkgfm.github_flavored_markdown_to_html(body(text, 1).replace(MARK, ""))
    assert page.count("<pre") == 1
    assert page.count("<h3>") == 1
    assert page.split("</code></pre>")[1].strip() == ""
    assert "<a " not in page
