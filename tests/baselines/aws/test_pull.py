from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from guard.cli import main
from tests.baselines.aws.double import LogEvent, World, serving
from tests.baselines.test_report import real_lines

NOW = 1_760_000_000_000
DAY = 86_400_000


def fleet(functions: int = 7, seed: int = 1) -> World:
    """Functions with default and shared groups, text and JSON, several versions, sizes and outcomes."""
    rng = random.Random(seed)  # noqa: S311 - test data
    world = World()
    for index in range(functions):
        name = f"fn-{index}"
        shared = index % 3 == 2
        group = "/shared/logs" if shared else f"/aws/lambda/{name}"
        world.groups.add(group)
        world.functions.append(
            {
                "FunctionName": name, "MemorySize": 512, "CodeSha256": f"digest-{index}" * 5, "Runtime": "python3.12",
                "Architectures": ["arm64"], "LastModified": "2025-09-01T00:00:00.000+0000", "Version": "$LATEST",
                "LoggingConfig": {"LogFormat": "JSON" if index % 2 else "Text", "LogGroup": group},
            }
        )  # fmt: skip
        for environment in range(rng.randint(1, 6)):
            version = "$LATEST" if index % 4 else "7"
            start = NOW - rng.randint(0, 13 * DAY)
            stream = f"2025/10/01/{name if shared else ''}[{version}]{rng.getrandbits(128):032x}"
            used = rng.randint(60, 300)
            for invocation in range(rng.randint(1, 8)):
                used = min(512, used + rng.randint(0, 60))
                at = min(NOW, start + invocation * rng.randint(1, 3_600_000))
                if not shared:
                    world.events.append(LogEvent(group, stream, at, f"START RequestId: {environment} Version: 1"))
                world.events.append(
                    LogEvent(group, stream, at, message(rng, used, cold=invocation == 0, json_form=index % 2 == 1))
                )
                world.events.append(LogEvent(group, stream, at, "[INFO] REPORT RequestId: x Memory Size: 128 MB"))
    return world


def message(rng: random.Random, used: int, *, cold: bool, json_form: bool, size: int = 512) -> str:
    duration = rng.randint(1, 10 ** rng.randint(2, 8)) / 100
    billed = int(duration) + 1
    status, error = rng.choice(
        [("", "")] * 6 + [("timeout", ""), ("error", "Runtime.OutOfMemory"), ("error", "Runtime.ExitError")]
    )
    request = f"{rng.getrandbits(128):032x}"
    if json_form:
        metrics: dict[str, float] = {
            "durationMs": duration,
            "billedDurationMs": billed,
            "memorySizeMB": size,
            "maxMemoryUsedMB": used,
        }
        if cold:
            metrics["initDurationMs"] = 312.5
        record = {"requestId": request, "metrics": metrics, "status": status or "success"} | (
            {"errorType": error} if error else {}
        )
        return json.dumps({"time": "2025-10-09T00:00:00Z", "type": "platform.report", "record": record})
    head = f"REPORT RequestId: {request}\tDuration: {duration:.2f} ms\tBilled Duration: {billed} ms"
    text = f"{head}\tMemory Size: {size} MB\tMax Memory Used: {used} MB\t"
    text += "Init Duration: 312.50 ms\t" if cold else ""
    text += f"Status: {status}\t" if status else ""
    return text + (f"Error Type: {error}\t" if error else "")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


UNTIL = ["--until", "2025-10-09T08:53:20Z"]


def pull(monkeypatch: pytest.MonkeyPatch, url: str, *words: str) -> int:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return main(["baseline", "pull", "--poll", "0.01", *UNTIL, *words])


def rows(path: str = ".guard/baselines.jsonl") -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("seed", range(3))
def test_both_paths_and_the_files_agree_on_the_same_lines(
    here: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The same lines through Insights, FilterLogEvents and an import give the same file."""
    world = fleet(seed=seed)
    with serving(world) as url:
        assert pull(monkeypatch, url, "--memory-from-logs", "--output", "a") == (0 if world.functions else 3)
        for source in ("insights", "filter-log-events"):
            assert pull(monkeypatch, url, "--source", source, "--output", source) == 0
    records = [
        json.dumps(
            {"logGroup": e.group, "logStream": e.stream, "logEvents": [{"timestamp": e.at, "message": e.message}]}
        )
        for e in world.events
    ]
    (here / "records.json").write_text("\n".join(records))
    assert main(["baseline", "import", "records.json", "--output", "import", *UNTIL]) == 0
    assert rows("insights") == rows("filter-log-events")
    added = {"code_digest", "runtime", "architecture"}
    joined = [json.loads(row) for row in rows("insights")]
    assert {row["architecture"] for row in joined} == {"arm64"}
    assert [{key: value for key, value in row.items() if key not in added} for row in joined] == list(
        map(json.loads, rows("import"))
    )


def test_pages_states_and_limits_are_lived_with(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet(functions=3)
    with serving(world) as url:
        assert pull(monkeypatch, url, "--output", "plain") == 0
    world.page, world.max_running, world.longest, world.fail = 4, 2, 7 * 86_400, {"environments": 2, "durations": 1}
    world.refuse = lambda number, _: "ThrottlingException" if number == 9 else ""
    with serving(world) as url:
        assert pull(monkeypatch, url, "--output", "hard") == 0
    assert rows("hard") == rows("plain")
    assert world.most_at_once <= 2


def test_real_lines_give_the_same_row_by_both_paths(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(groups={"/aws/lambda/real"})
    usable = [
        one["line"]
        for one in real_lines()
        if one["line"].startswith(("REPORT RequestId", "{")) and "NOT" not in one["note"]
    ]
    for index, line in enumerate(usable):
        size = (
            line.split("Memory Size: ")[1].split()[0]
            if "Memory Size" in line
            else str(json.loads(line)["record"]["metrics"]["memorySizeMB"])
        )
        world.events.append(
            LogEvent("/aws/lambda/real", f"2025/10/09/[{size}]{index:032x}", NOW - 60_000 * index, line)
        )
    with serving(world) as url:
        for source in ("insights", "filter-log-events"):
            assert pull(monkeypatch, url, "--memory-from-logs", "--source", source, "--output", source) == 0
    assert rows("insights") == rows("filter-log-events")


def test_memory_in_another_unit_stops_the_pull(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Insights' decimal unit is checked: 2**20 bytes to a MB would read every figure 4.9 % too high."""
    world = fleet(functions=1)
    world.decimal = 2**20
    with serving(world) as url:
        assert pull(monkeypatch, url) == 3
    assert "no whole number of decimal MB" in capsys.readouterr().err
    assert not Path(".guard").exists()


@pytest.mark.parametrize("source", ["insights", "filter-log-events"])
def test_a_connection_cut_at_any_request_loses_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Connection cut at every request in turn: the file is the same."""
    world = fleet(functions=2)
    world.page = 20
    with serving(world) as url:
        assert pull(monkeypatch, url, "--source", source, "--output", "whole") == 0
        total = world.number
        for cut in sorted({1, total // 3, total // 2, total}):
            world.number = 0
            world.cut = lambda number, _, cut=cut: number == cut  # type: ignore[misc]
            assert pull(monkeypatch, url, "--source", source, "--output", "cut") == 0
            assert rows("cut") == rows("whole")


@pytest.mark.parametrize("source", ["insights", "filter-log-events"])
def test_expired_credentials_midway_are_said_and_the_pull_goes_on_later(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    """Expired credentials midway: a clear error, no file, and what was fetched is not fetched again."""
    world = fleet()
    world.longest, world.page = 8 * 86_400, 50
    with serving(world) as url:
        assert pull(monkeypatch, url, "--source", source, "--output", "whole") == 0
        total, world.number = world.number, 0
        world.refuse = lambda number, _: "ExpiredTokenException" if number > total * 2 // 3 else ""
        assert pull(monkeypatch, url, "--source", source) == 3
        said = capsys.readouterr().err
        assert "ExpiredTokenException (renew the credentials and run the same command again" in said
        assert "123456789012" not in said
        assert not Path(".guard").exists()
        world.refuse, world.number = lambda *_: "", 0
        world.running.clear()
        assert pull(monkeypatch, url, "--source", source) == 0
        assert "going on with" in capsys.readouterr().err
        assert world.number < total
    assert rows() == rows("whole")
    assert not list((here / ".cache" / "pull").iterdir())


@pytest.mark.parametrize("source", ["insights", "filter-log-events"])
def test_a_log_group_deleted_midway_is_named_and_the_others_are_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    world = fleet()
    world.groups.discard("/aws/lambda/fn-3")
    with serving(world) as url:
        assert pull(monkeypatch, url, "--source", source) == 0
    assert "/aws/lambda/fn-3: no baseline: the log group is not there" in capsys.readouterr().err
    assert [json.loads(row)["function"] for row in rows()] == [f"fn-{n}" for n in (0, 1, 2, 4, 5, 6)]


def test_functions_that_log_no_reports_are_named_with_their_terraform_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = fleet(functions=2)
    world.functions[1]["LoggingConfig"] = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    with serving(world) as url:
        assert pull(monkeypatch, url) == 0
    assert "fn-1: no baseline: its log settings let no report events through" in capsys.readouterr().err


def test_aliases_and_drift_are_joined_in(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(groups={"/aws/lambda/f"})
    world.functions = [{"FunctionName": "f", "MemorySize": 1024, "LastModified": "2025-09-01T00:00:00.000+0000"}]
    world.aliases["f"] = [{"FunctionVersion": "8", "RoutingConfig": {"AdditionalVersionWeights": {"9": 0.1}}}]
    rng = random.Random(0)  # noqa: S311 - test data
    for index, version in enumerate(["7", "8", "9"]):
        line = message(rng, 400 - index, cold=True, json_form=False).replace(
            "Status: error\tError Type: Runtime.ExitError\t", ""
        )
        world.events.append(LogEvent("/aws/lambda/f", f"2025/10/09/[{version}]{index:032x}", NOW - index, line))
    with serving(world) as url:
        assert pull(monkeypatch, url) == 0
    (row,) = map(json.loads, rows())
    assert (row["peak"], row["versions"]) == (399, ["8", "9"])
    assert row["notes"] == [
        "versions no alias routes to were left out: 7",
        "configured now: 1024 MB; nothing reported at that size yet",
    ]


def test_an_estimate_is_made_and_kept_to(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = fleet()
    with serving(world) as url:
        assert pull(monkeypatch, url, "--estimate") == 0
        assert "queries over" in capsys.readouterr().err
        assert not Path(".guard").exists()
        assert pull(monkeypatch, url, "--max-scan-gb", "0.000000001") == 3
        assert pull(monkeypatch, url, "--max-scan-gb", "1") == 0


def test_several_regions_and_edge_functions(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda@Edge logs to /aws/lambda/us-east-1.NAME in every region; its row belongs to us-east-1."""
    world = fleet(functions=2)
    world.groups.add("/aws/lambda/us-east-1.fn-0")
    rng = random.Random(0)  # noqa: S311 - test data
    line = message(rng, 505, cold=True, json_form=False)
    world.events.append(LogEvent("/aws/lambda/us-east-1.fn-0", f"2025/10/09/[7]{1:032x}", NOW, line))
    with serving(world) as url:
        assert pull(monkeypatch, url, "--region", "us-east-1", "--region", "eu-west-1") == 0
    found = {(row["function"], row["region"]): row["peak"] for row in map(json.loads, rows())}
    assert set(found) == {(f"fn-{n}", region) for n in (0, 1) for region in ("us-east-1", "eu-west-1")}
    assert found["fn-0", "us-east-1"] == 505


def test_without_a_region_or_with_unknown_functions_it_says_so(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(fleet(functions=1)) as url:
        assert pull(monkeypatch, url, "--function", "nothing-*") == 3
        assert "no function in eu-west-1 matches nothing-*" in capsys.readouterr().err
        monkeypatch.delenv("AWS_REGION")
        assert pull(monkeypatch, url) == 2
        assert "no region is set" in capsys.readouterr().err
