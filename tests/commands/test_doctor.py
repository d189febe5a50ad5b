from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.cli import main
from tests.baselines.aws.double import LogEvent, World, serving

REPORT = "REPORT RequestId: a\tDuration: 3.14 ms\tBilled Duration: 4 ms\tMemory Size: 512 MB\tMax Memory Used: 99 MB\t"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    made = World(groups={"/aws/lambda/f"})
    made.functions = [{"FunctionName": "f", "MemorySize": 512, "LastModified": "2025-09-01T00:00:00.000+0000"}]
    at = int(time.time() - 3_600) * 1_000
    made.events = [LogEvent("/aws/lambda/f", f"2025/10/09/[$LATEST]{1:032x}", at, REPORT)]
    return made


def doctor(monkeypatch: pytest.MonkeyPatch, url: str, *words: str) -> int:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return main(["doctor", "--poll", "0.01", *words])


def test_all_in_place(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(world) as url:
        code = doctor(monkeypatch, url, "--live", "f")
    said = capsys.readouterr().out
    assert code == 0, said
    assert {line.split()[0] for line in said.splitlines()} == {"ok"}
    assert "both paths give the same row" in said
    assert "123456789012" not in said


def test_what_is_missing_is_named_with_the_next_step(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function without report events, with the line of Terraform that causes it; a short retention; a difference."""
    Path("main.tf").write_text(
        'resource "aws_lambda_function" "quiet" {\n  function_name = "quiet"\n  role = "r"\n  logging_config {\n'
        '    log_format = "JSON"\n    system_log_level = "WARN"\n  }\n}\n'
    )
    quiet = {"FunctionName": "quiet", "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN"}}
    world.functions.append(quiet)
    world.retention["/aws/lambda/f"] = 3
    world.events.append(
        LogEvent("/aws/lambda/f", f"2025/10/09/[$LATEST]{1:032x}", world.events[0].at + 5, REPORT + "x")
    )
    with serving(world) as url:
        assert doctor(monkeypatch, url, "--live", "f", "--format", "json") == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert "quiet (main.tf:" in checks["report events"]["found"]
    assert checks["report events"]["state"] == "fail"
    assert checks["retention"]["found"] == "1 log groups keep less: /aws/lambda/f"
    assert checks["live"]["state"] == "fail"


def test_refused_permissions_are_said(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.refuse = lambda _, operation: "AccessDeniedException" if operation == "StartQuery" else ""
    with serving(world) as url:
        assert doctor(monkeypatch, url) == 1
    said = capsys.readouterr().out
    assert "AWS refuses while starting a Logs Insights query: AccessDeniedException" in said
    assert "next: grant what guard baseline policy prints" in said


def test_without_credentials_nothing_else_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.refuse = lambda _number, _operation: "InvalidClientTokenId"
    with serving(world) as url:
        assert doctor(monkeypatch, url) == 1
    assert capsys.readouterr().out.count("\n") == 3


@pytest.mark.parametrize(
    "words",
    [
        ["--source", "insights"],
        ["--source", "filter-log-events", "--store", "bucket/team/b.jsonl"],
        ["--source", "lambda-insights", "--partition", "aws-cn"],
        ["--athena", "s3://archive/lambda/", "--table", "logs.lambda_logs", "--results", "results"],
    ],
    ids=["insights", "filter", "metrics", "athena"],
)
def test_policies(
    golden: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    request: pytest.FixtureRequest,
) -> None:
    """The least-privilege policy of each source: no action of another, resources where the service knows them."""
    assert main(["baseline", "policy", *words]) == 0
    said = capsys.readouterr().out
    document = json.loads(said[said.index("{\n") if said.startswith("{") else said.index("\n{\n") :])
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions)
    golden(f"baselines/policy-{request.node.callspec.id}.txt", said)
