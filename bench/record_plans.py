"""Record what ``terraform plan`` makes of the configurations in ``tests/data/terraform/plans``.

Usage: ``python bench/record_plans.py [CASE]…`` (rewrites each case's ``expected.json``). No provider is needed:
in a copy, every ``aws_lambda_function`` becomes Terraform's own ``terraform_data`` with its arguments as input.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "terraform" / "plans"
UNKNOWN = "<unknown>"
_BLOCK = re.compile(r'(?ms)^resource "aws_(lambda_function|thing)" "(\w+)" \{(?:\n(.*?)^)?\}$')
_META = re.compile(r"\s*(count|for_each|lifecycle|depends_on)\b")


def _native(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        rows = (match.group(3) or "").splitlines()
        meta = [row for row in rows if _META.match(row)]
        rest = [row for row in rows if row.strip() and not _META.match(row)]
        return "\n".join(
            [
                f'resource "terraform_data" "{match.group(1)}_{match.group(2)}" {{',
                *meta,
                "  input = {",
                *rest,
                "  }",
                "}",
            ]
        )

    found = _BLOCK.sub(one, text)
    return re.sub(r"\baws_(lambda_function|thing)\.(\w+)", r"terraform_data.\1_\2", found)


def _json(text: str) -> str:
    data = json.loads(text)
    made: dict[str, Any] = {}
    for name, body in data["resource"].pop("aws_lambda_function").items():
        bodies = body if isinstance(body, list) else [body]
        made[f"lambda_function_{name}"] = [
            {**{key: item for key, item in one.items() if key in {"count", "for_each"}},
             "input": {key: item for key, item in one.items() if key not in {"count", "for_each"}}}
            for one in bodies
        ]  # fmt: skip
    data["resource"]["terraform_data"] = made
    return json.dumps(data)


def _doubtful(unknown: Any) -> bool:
    if isinstance(unknown, dict):
        return any(map(_doubtful, unknown.values()))
    return any(map(_doubtful, unknown)) if isinstance(unknown, list) else bool(unknown)


def _known(value: Any, unknown: Any, name: str) -> Any:
    if unknown is True or (isinstance(unknown, dict) and _doubtful(unknown.get(name))):
        return UNKNOWN
    return (value or {}).get(name)


def record(case: Path) -> dict[str, dict[str, Any]]:
    """Address to arguments, as the plan has them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "copy"
        shutil.copytree(case, folder)
        for path in folder.rglob("*.tf"):
            path.write_text(_native(path.read_text()))
        for path in folder.rglob("*.tf.json"):
            path.write_text(_json(path.read_text()))
        environ = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}

        def run(*words: str) -> str:
            answer = subprocess.run(
                ["terraform", *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
            )  # fmt: skip
            if answer.returncode:
                raise SystemExit(f"{case.name}: terraform {words[0]}: {answer.stderr}")
            return answer.stdout

        run("init", "-input=false", "-no-color")
        run("plan", "-input=false", "-no-color", "-out=plan")
        plan = json.loads(run("show", "-json", "plan"))
    found: dict[str, dict[str, Any]] = {}
    for change in plan["resource_changes"]:
        if not change["name"].startswith("lambda_function_"):
            continue
        address = change["address"].replace("terraform_data.lambda_function_", "aws_lambda_function.")
        value, doubt = change["change"]["after"].get("input"), change["change"]["after_unknown"].get("input")
        names = {*(value or {}), *(doubt if isinstance(doubt, dict) else {})}
        found[address] = {name: _known(value, doubt, name) for name in sorted(names)}
    return found


def main() -> None:
    """Record the cases named, or all."""
    for case in sorted(path for path in DATA.iterdir() if path.is_dir()):
        if len(sys.argv) > 1 and case.name not in sys.argv[1:]:
            continue
        (case / "expected.json").unlink(missing_ok=True)
        (case / "expected.json").write_text(json.dumps(record(case), indent=1, sort_keys=True) + "\n")
        print(case.name)


if __name__ == "__main__":
    main()
