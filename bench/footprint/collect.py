"""Measure dependency sets with the product's own harness, and trace what each of their modules adds.

    python -m bench.footprint.collect LIST OUT --store FOLDER [--runs N] [--python 3.11]

LIST has one set a line: requirement(s), a tab, the import statement. For each, OUT/NAME.json gets the resolved pins,
the peak, resident and anonymous MB over both bases with and without ``.pyc``, and the trace. Sets that are there
already are left out, so that it can be stopped and started.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from guard.errors import CannotDecide
from guard.footprint.measure.harness import BASE_IMPORTS, Set, measure_set
from guard.footprint.measure.install import RUNTIME_CLIENT, Interpreter, Store
from guard.footprint.measure.sandbox import ENVIRONMENT

_TRACER = Path(__file__).with_name("trace.py")


def resolve(requirements: str, interpreter: Interpreter, store: Store) -> list[str]:
    """Exact versions of everything a requirement brings, wheels only."""
    answer = subprocess.run(
        ["uv", "pip", "compile", "-q", "--no-header", "--no-annotate", "--only-binary", ":all:",
         "--python", interpreter.path, "-"],
        input=requirements.replace(" ", "\n"), capture_output=True, text=True, check=False, timeout=300,
        env=dict(store.environ),
    )  # fmt: skip
    if answer.returncode:
        raise CannotDecide(answer.stderr.strip()[-300:])
    return [line.split(";")[0].strip() for line in answer.stdout.splitlines() if "==" in line]


def trace(folder: Path, statements: Sequence[str], interpreter: Interpreter, store: Store) -> dict[str, Any] | None:
    """What each module added on the bare runtime with valid .pyc; None when the process failed."""
    runtime = store.install(RUNTIME_CLIENT, {}, interpreter, "pyc")
    with tempfile.TemporaryDirectory() as place:
        answer = Path(place) / "answer.json"
        spec = {"base": [BASE_IMPORTS], "imports": list(statements), "answer": str(answer)}
        environ = {**ENVIRONMENT, "PYTHONPATH": f"{folder}:{runtime}", "HOME": place, "TRACE": repr(spec)}
        program = f"exec(compile(open({str(_TRACER)!r}).read(), 'trace', 'exec'))"
        try:
            subprocess.run(
                [interpreter.path, "-s", "-c", program], cwd=folder, env=environ, timeout=180, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
    for record in found["records"]:
        if isinstance(record[2], str) and record[2].startswith(f"{folder}/"):
            path = record[2].removeprefix(f"{folder}/")
            record[2] = f"@{path}"
            record.insert(3, (folder / path).stat().st_size)
        else:
            record.insert(3, 0)
    return found


def collect(line: str, store: Store, *, python: str, runs: int) -> dict[str, Any]:
    """One set: resolved, measured four ways, traced."""
    requirements, statement = line.rstrip("\n").split("\t")
    interpreter = store.interpreter(python)
    pins = resolve(requirements, interpreter, store)
    result: dict[str, Any] = {"requirements": requirements, "imports": [statement], "pins": pins, "measured": {}}
    bases: tuple[Literal["bare", "boto3"], ...] = ("bare", "boto3")
    codes: tuple[Literal["src", "pyc"], ...] = ("src", "pyc")
    for base in bases:
        for code in codes:
            wanted = Set(
                pins=tuple(pins), imports=(statement,), hashes={}, python=python, base=base, bytecode=code
            )  # fmt: skip
            try:
                measured = measure_set(wanted, store, runs=runs)
            except CannotDecide as fault:
                result["measured"][f"{base}/{code}"] = {"fault": str(fault)}
                continue
            result["measured"][f"{base}/{code}"] = {
                key: round(value, 2) for key, value in asdict(measured.delta).items()
            }
    result["trace"] = trace(store.install(pins, {}, interpreter, "pyc"), [statement], interpreter, store)
    return result


def main() -> None:
    """Go through the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--python", default="3.11")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    store = Store(folder=args.store, environ=os.environ)
    for line in args.list.read_text(encoding="utf-8").splitlines():
        name = (
            re.sub(r"[^a-z0-9]+", "-", line.split("\t")[0].lower())
            + "-"
            + hashlib.sha256(line.encode()).hexdigest()[:6]
        )
        place = args.out / f"{name}.json"
        if place.exists():
            continue
        try:
            result = collect(line, store, python=args.python, runs=args.runs)
        except CannotDecide as fault:
            result = {"requirements": line, "fault": str(fault)}
        place.write_text(json.dumps(result), encoding="utf-8")
        print(name, {key: one.get("peak", "fault") for key, one in result.get("measured", {}).items()}, flush=True)


if __name__ == "__main__":
    main()
