"""How fast guard starts and checks, as multiples of ``python -c pass`` measured in the same run.

Usage: ``python bench/startup.py [--runs N]``. Needs git. The repository has 50 functions packaged from
directories; its two commits differ in one memory size and one requirement. No network is used: sizes are not
asked for, so what is timed is reading both commits, evaluating Terraform, and judging.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FUNCTION = """
data "archive_file" "f{n}" {{
  type        = "zip"
  source_dir  = "${{path.module}}/../services/f{n}"
  output_path = "${{path.module}}/build/f{n}.zip"
}}

resource "aws_lambda_function" "f{n}" {{
  function_name = "${{local.prefix}}-f{n}"
  filename      = data.archive_file.f{n}.output_path
  handler       = "app.handler"
  runtime       = var.runtime
  role          = "arn:aws:iam::111122223333:role/r"
  memory_size   = {memory}
}}
"""
HEAD = """
variable "runtime" {
  default = "python3.12"
}

locals {
  prefix = "service"
}
"""


def lay(folder: Path, functions: int) -> None:
    """A repository of two commits."""
    (folder / "infra").mkdir(parents=True)
    (folder / "infra/main.tf").write_text(HEAD)
    for number in range(functions):
        (folder / f"infra/f{number}.tf").write_text(FUNCTION.format(n=number, memory=512))
        service = folder / f"services/f{number}"
        service.mkdir(parents=True)
        (service / "app.py").write_text("def handler(event, context):\n    return event\n")
        (service / "requirements.txt").write_text("idna==3.11\n")
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.com", "-C", str(folder)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "base"], check=True)
    (folder / "infra/f0.tf").write_text(FUNCTION.format(n=0, memory=1024))
    (folder / "services/f1/requirements.txt").write_text("idna==3.10\n")
    subprocess.run([*git, "commit", "-q", "-a", "-m", "head"], check=True)


def timed(command: list[str], folder: Path, environ: dict[str, str]) -> float:
    """Seconds of one run, its output thrown away."""
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--functions", type=int, default=50)
    args = parser.parse_args()
    python = sys.executable
    guard = [python, "-m", "guard"]
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "repository"
        lay(folder, args.functions)
        base = {**os.environ, "PYTHONPATH": str(root)}
        check = [*guard, "check", "--no-sizes", "--base", "HEAD^", "--head", "HEAD"]
        times: dict[str, list[float]] = {}
        for turn in range(args.runs + 1):
            cold = {**base, "GUARD_CACHE_DIR": str(Path(scratch) / f"cold{turn}")}
            warm = {**base, "GUARD_CACHE_DIR": str(Path(scratch) / "warm")}
            runs = {
                "python -c pass": ([python, "-c", "pass"], base),
                "guard --version": ([*guard, "--version"], base),
                "guard check --help": ([*guard, "check", "--help"], base),
                f"two commits of {args.functions} functions, cold": (check, cold),
                f"two commits of {args.functions} functions, warm": (check, warm),
            }
            for name, (command, environ) in runs.items():
                spent = timed(command, folder, environ)
                if turn:
                    times.setdefault(name, []).append(spent)
        unit = times["python -c pass"]
        print(f"{'command':<40} {'ms':>8} {'x python -c pass':>17} {'min':>6} {'max':>6}")
        for name, seconds in times.items():
            ratios = sorted(own / one for own, one in zip(seconds, unit, strict=True))
            middle = statistics.median(ratios)
            milliseconds = statistics.median(seconds) * 1000
            print(f"{name:<40} {milliseconds:>8.0f} {middle:>17.1f} {ratios[0]:>6.1f} {ratios[-1]:>6.1f}")


if __name__ == "__main__":
    main()
