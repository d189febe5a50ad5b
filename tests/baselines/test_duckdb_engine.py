from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guard.baselines.duckdb_engine import collect_with_duckdb
from guard.baselines.files import Collected, collect, find_files
from guard.baselines.summary import Summary, summarise
from tests.baselines.aws.test_pull import DAY, NOW, fleet, message
from tests.baselines.lines import FORGERIES

duckdb = pytest.importorskip("duckdb")


def both(folder: Path, *names: str, function: str = "") -> tuple[Summary, Summary, Collected]:
    files = find_files(names, cwd=folder)
    plain = collect(files, function=function)
    fast = collect_with_duckdb(files, function=function)
    counts = [(one.histogram.outside, one.histogram.duplicates, one.collector.reports) for one in (plain, fast)]
    assert counts[0][0] == counts[1][0]
    return summarise(plain.histogram, source="x"), summarise(fast.histogram, source="x"), fast


def stamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def text(seed: int) -> list[str]:
    """Stamped lines of every outcome, with forged, odd and repeated ones, over more than the window."""
    rng = random.Random(seed)  # noqa: S311 - test data
    lines = []
    for _ in range(60):
        stream = f"2025/10/01/fn-{rng.randrange(4)}[{rng.choice(['$LATEST', '7'])}]{rng.getrandbits(128):032x}"
        used, at = rng.randint(60, 500), NOW - rng.randint(0, 17 * DAY)
        for invocation in range(rng.randint(1, 9)):
            at, used = at + rng.randint(0, 10_000), min(513, used + rng.randint(0, 40))
            line = message(rng, used, cold=invocation == 0, json_form=rng.random() < 0.1)
            if rng.random() < 0.7:
                line = line.replace("RequestId: ", f"RequestId: {rng.getrandbits(16):04x}-", 1)
                head, _, rest = line.partition("\t")
                identifier = f"{rng.getrandbits(128):032x}"
                parts = [identifier[a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))]
                line = f"REPORT RequestId: {'-'.join(parts)}\t{rest}" if head.startswith("REPORT") else line
            if rng.random() < 0.1:
                line = rng.choice(FORGERIES).format(line)
            if rng.random() < 0.1:
                line = line.replace(" MB", rng.choice([" GB", ".5 MB", "  MB", " MBx"]), 1)
            lines.append(f"{stamp(at)} {stream} {line}".replace("\n", " "))
            if rng.random() < 0.1:
                lines.append(lines[-1])
    return lines


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_agree_on_stamped_text(tmp_path: Path, seed: int) -> None:
    """Exact and equal between the engines, whatever the lines."""
    lines = text(seed)
    (tmp_path / "a.log").write_text("\n".join(lines[: len(lines) // 2]) + "\n")
    with gzip.open(tmp_path / "b.log.gz", "wt") as file:
        file.write("\n".join(lines[len(lines) // 2 :]) + "\n")
    for names in (["a.log"], ["b.log.gz"]):
        plain, fast, _ = both(tmp_path, *names)
        assert fast == plain


def test_duckdb_really_read_the_usual_lines(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("\n".join(text(1)) + "\n")
    _, _, fast = both(tmp_path, "a.log")
    assert "these files" in fast.readings


def test_lines_that_need_their_order_go_to_the_plain_parser(tmp_path: Path) -> None:
    lines = text(2)
    report = next(line for line in lines if " REPORT RequestId" in line).partition(" REPORT")[2]
    lines[30:30] = [f"{stamp(NOW)} 2025/10/01/fn-1[7]{1:032x} hello", f"REPORT{report}"]
    (tmp_path / "a.log").write_text("\n".join(lines) + "\n")
    plain, fast, collected = both(tmp_path, "a.log")
    assert fast == plain
    assert "these files" not in collected.readings


def records(seed: int) -> list[str]:
    return [
        json.dumps({"messageType": "DATA_MESSAGE", "logGroup": e.group, "logStream": e.stream,
                    "logEvents": [{"id": "", "timestamp": e.at, "message": e.message}]})
        for e in fleet(seed=seed).events
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_agree_on_records(tmp_path: Path, seed: int) -> None:
    with gzip.open(tmp_path / "a.json.gz", "wt") as file:
        file.write("\n".join([*records(seed), records(seed)[0]]) + "\n")
    plain, fast, collected = both(tmp_path, "a.json.gz")
    assert fast == plain
    assert "these files" in collected.readings


def test_parquet_is_read_like_records(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\n".join(records(1)) + "\n")
    plain = summarise(collect(find_files(["a.json"], cwd=tmp_path)).histogram, source="x")
    table = duckdb.read_json(str(tmp_path / "a.json"), format="newline_delimited")
    table.write_parquet(str(tmp_path / "a.parquet"))
    fast = collect_with_duckdb(find_files(["a.parquet"], cwd=tmp_path))
    assert summarise(fast.histogram, source="x") == plain


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"hello\n", b"{\n"])
def test_other_files_go_to_the_plain_parser(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.log").write_bytes(content)
    plain, fast, _ = both(tmp_path, "a.log", function="f")
    assert fast == plain
