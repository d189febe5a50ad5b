from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from guard.baselines.storage import FilePlace
from guard.baselines.store import Store, read
from guard.errors import CannotDecide
from guard.model import Baseline
from tests.baselines.test_store import ONE


def adding(name: str) -> Callable[[Store | None], Sequence[Baseline]]:
    def alter(present: Store | None) -> Sequence[Baseline]:
        return [*(present or ()), replace(ONE, function=name)]

    return alter


def names(path: Path) -> list[str]:
    return [row.function for row in read(path.read_bytes(), "x")]


def test_a_change_creates_and_extends(tmp_path: Path) -> None:
    path = tmp_path / ".guard" / "baselines.jsonl"
    for name in ("b", "a"):
        FilePlace(path, "x").change(adding(name), source="test")
    assert names(path) == ["a", "b"]
    assert FilePlace(tmp_path / "nothing", "x").load() is None
    assert [file.name for file in path.parent.iterdir()] == ["baselines.jsonl"]


WRITER = """
import sys, time
from dataclasses import replace
from pathlib import Path
from guard.baselines.storage import FilePlace
from tests.baselines.test_store import ONE
path, name, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
def alter(present):
    print("in", flush=True)
    time.sleep(pause)
    return [*(present or ()), replace(ONE, function=name)]
FilePlace(path, "x").change(alter, source="test")
"""


def start(path: Path, name: str, pause: float) -> subprocess.Popen[str]:
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry) + os.pathsep + os.getcwd(),
    }
    words = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), name, str(pause)]
    return subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, text=True)


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """A lock against concurrent writers: each reads what the one before it wrote."""
    path = tmp_path / "baselines.jsonl"
    writers = [start(path, f"f{number}", 0.05) for number in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    for writer in writers:
        writer.stdout.close()  # type: ignore[union-attr]
    assert names(path) == ["f0", "f1", "f2", "f3"]


def test_a_killed_writer_leaves_the_old_file_and_no_lock(tmp_path: Path) -> None:
    """kill -9 during a write: no half file, and the next writer goes on at once."""
    path = tmp_path / "baselines.jsonl"
    FilePlace(path, "x").change(adding("old"), source="test")
    before = path.read_bytes()
    with start(path, "new", 60) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in\n"
        with pytest.raises(CannotDecide, match="another guard is writing"):
            FilePlace(path, "x", wait=0.1).change(adding("late"), source="test")
        writer.send_signal(signal.SIGKILL)
    assert path.read_bytes() == before
    FilePlace(path, "x", wait=1).change(adding("next"), source="test")
    assert names(path) == ["next", "old"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A write that the system refuses in the middle (a limit on file size stands for the full disk)."""
    path = tmp_path / "baselines.jsonl"
    FilePlace(path, "x").change(adding("old"), source="test")
    before = path.read_bytes()
    script = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from guard.baselines.storage import FilePlace
        from guard.errors import CannotDecide
        from tests.baselines.test_storage import adding
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        try:
            FilePlace(Path(sys.argv[1]), "x").change(adding("new"), source="test")
        except CannotDecide as fault:
            print(fault.what)
    """)
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry) + os.pathsep + os.getcwd(),
    }
    said = subprocess.run(
        [sys.executable, "-c", script, str(path)], env=environ, capture_output=True, text=True, check=True
    )
    assert said.stdout == "cannot be written: File too large; the file is as it was\n"
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if "baselines" in file.name] == ["baselines.jsonl"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "baselines.jsonl"
    link.symlink_to("real/b.jsonl")
    FilePlace(link, "x").change(adding("a"), source="test")
    assert link.is_symlink()
    assert names(tmp_path / "real" / "b.jsonl") == ["a"]
