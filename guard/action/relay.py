"""The second of two workflows for forks: it comments on what an untrusted run left in an artifact.

The first workflow runs on ``pull_request`` with a token that only reads, on code the pull request chose; whatever
it uploads may be forged. So only its text is shown, inside one block of code in which nothing is markup, and the
pull request is found by asking GitHub which one has the commit of that run, never by reading the artifact.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from guard.action.api import Api, Refused
from guard.action.comment import stick
from guard.action.workflow import Workflow
from guard.errors import ExitCode, UsageError
from guard.report.neutral import block
from guard.untrusted import plain

MARK = "<!-- headroom-guard:relay -->"
_MAX_BYTES = 50_000
_SHA = re.compile(r"[0-9a-f]{40}\Z")


def body(text: str, run_id: int | None) -> str:
    """The comment: every line of the artifact neutralised, at most 50,000 bytes of it."""
    lines = [plain(line.replace("\t", " ")) for line in text.split("\n")]
    shown = "\n".join(lines)[:_MAX_BYTES].rstrip()
    run = f" {run_id}" if run_id is not None else ""
    return f"### guard, as reported by the unprivileged run{run}\n\n{block(shown, 'text')}\n\n{MARK}\n"


def relay(workflow: Workflow) -> int:
    """Comment on the pull request of the run that ended. Always 0 unless it is set up wrongly."""
    if workflow.event_name != "workflow_run":
        raise UsageError("relay answers to workflow_run only", todo="see docs/github.md")
    token, name = workflow.inputs.get("token", ""), workflow.inputs.get("file", "")
    if not token or not name:
        raise UsageError("relay needs the inputs token and file", todo="see docs/github.md")
    sha = workflow.text("workflow_run", "head_sha")
    owner = workflow.text("workflow_run", "head_repository", "owner", "login")
    branch = workflow.text("workflow_run", "head_branch")
    if not _SHA.match(sha):
        raise UsageError("the event names no commit", where="GITHUB_EVENT_PATH")
    try:
        with open(name, "rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        raise UsageError("the artifact cannot be read", where=name, todo="download it in a step before") from None
    api = Api(
        url=workflow.environ.get("GITHUB_API_URL", "https://api.github.com"),
        repository=workflow.environ.get("GITHUB_REPOSITORY", ""),
        token=token,
    )
    try:
        query = f"/repos/{api.repository}/pulls?state=open&head={quote(f'{owner}:{branch}', safe='')}"
        numbers = [found["number"] for found in api.pages(query) if (found.get("head") or {}).get("sha") == sha]
        if len(numbers) != 1:
            workflow.say("notice", f"{len(numbers)} open pull requests have the commit of that run; nothing is written")
            return ExitCode.CLEAN
        stick(api, int(numbers[0]), body(text, workflow.number("workflow_run", "id")), MARK, create=True)
    except Refused as refusal:
        workflow.say("warning", f"no comment was written: {refusal}")
    return ExitCode.CLEAN
