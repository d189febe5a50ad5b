"""A small service in a real repository, and verbs run on it in this process."""

from __future__ import annotations

import argparse
import importlib
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from guard.baselines import render
from guard.commands import VERBS
from guard.commands.session import Session
from guard.errors import GuardError
from guard.model import Baseline
from guard.units import MB
from tests.artifacts.conftest import LocalIndex
from tests.conftest import GitRepo

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MANIFEST = "services/orders/requirements.txt"
SETTINGS = '[[functions]]\nfunction = "*"\nmanifest = "services/orders/requirements.txt"\nsource = "services/orders"\n'


def terraform(*functions: tuple[str, int]) -> str:
    """One resource a function, of (name, memory)."""
    return "\n".join(
        f"""resource "aws_lambda_function" "{name}" {{
  function_name = "{name}"
  filename      = "build/{name}.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/{name}"
  memory_size   = {memory}
}}
"""
        for name, memory in functions
    )


def row(name: str, peak: float, size: float, *, last: str = "2026-11-22") -> Baseline:
    """A baseline of plenty of evidence; censored where it fills its size."""
    return Baseline(
        function=name, memory_size=MB(size), peak=MB(peak), p99=MB(peak), p50=MB(peak), cold_floor=MB(peak * 0.7),
        environments=90, invocations=40_000, days=14, censored=peak >= size - 1, first="2026-11-01", last=last,
        billed_seconds=20_000.0, source="test",
    )  # fmt: skip


def baselines(*rows: Baseline) -> bytes:
    return render(rows, source="test")


class Service:
    """A repository with functions, and a way to run verbs in it."""

    def __init__(self, repo: GitRepo, local: LocalIndex, scratch: Path) -> None:
        self.repo = repo
        self.environ = {
            "PIP_INDEX_URL": local.url + "/simple",
            "PIP_CONFIG_FILE": "/dev/null",
            "HOME": str(scratch),
            "GUARD_CACHE_DIR": str(scratch / "cache"),
        }
        local.add("small", "1.0", {"small/__init__.py": b"x = 1\n"})

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        return self.repo.commit(files, message)

    def base(self, *functions: tuple[str, int], rows: tuple[Baseline, ...] = ()) -> str:
        files: dict[str, str | bytes] = {
            "infra/main.tf": terraform(*functions),
            "guard.toml": SETTINGS,
            MANIFEST: "small==1.0\n",
            "services/orders/app.py": "import small\n\n\ndef handler(event, context):\n    return event\n",
        }
        if rows:
            files[".guard/baselines.jsonl"] = baselines(*rows)
        return self.commit(files, "base")

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of ``guard WORDS``."""
        module = importlib.import_module(VERBS[words[0]][0])
        parser = argparse.ArgumentParser()
        module.configure(parser)
        out, err = io.StringIO(), io.StringIO()
        session = Session(stdout=out, stderr=err, environ=self.environ, cwd=self.repo.path, now=NOW)
        try:
            code = int(module.run(parser.parse_args(list(words[1:])), session))
        except GuardError as fault:
            code = int(fault.exit_code)
            for line in (str(fault), *fault.faults):
                session.say(line)
        return code, out.getvalue(), err.getvalue()
