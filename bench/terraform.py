"""How well and how fast guard reads Terraform, beside other readers.

Usage::

    python bench/terraform.py --cases INDEX     # a table over configurations with known plans
    python bench/terraform.py --large [--files 4000]    # cold and warm times on a generated repository

INDEX is a JSON list of ``{"id", "root", "var_files", "vars_file", "workspace", "complete", "absent", "expected"}``:
``root`` a folder, ``expected`` address → settings, ``"<unknown>"`` where Terraform says known after apply. The
peers tfparse and checkov take part where they are installed; raw python-hcl2 always does. A value counts as right,
unresolved (the reader gives none, or a reference), or wrong; a function as missing or invented.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SETTINGS = ("function_name", "memory_size", "timeout", "runtime", "architectures", "handler", "package_type")
DEFAULTS = {"memory_size": 128, "timeout": 3, "package_type": "Zip"}
UNKNOWN = "<unknown>"
Found = dict[str, dict[str, Any]]


def read_raw(case: Mapping[str, Any]) -> Found:
    """Literal settings of the root's own files, as ``hcl2.loads`` gives them; no modules, no references."""
    import hcl2  # noqa: PLC0415 - each reader needs only its own library

    found: Found = {}
    for path in sorted(Path(case["root"]).glob("*.tf")):
        try:
            data = hcl2.loads(path.read_text(encoding="utf-8", errors="replace") + "\n")
        except Exception:  # noqa: BLE001, S112 - a peer may fail in any way; that file then gives nothing
            continue
        for block in data.get("resource", []):
            for name, body in block.get('"aws_lambda_function"', block.get("aws_lambda_function", {})).items():
                values = {key: _literal(body.get(key, DEFAULTS.get(key))) for key in SETTINGS}
                found[f"aws_lambda_function.{name.strip(chr(34))}"] = values
    return found


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        if value.startswith('"') and value.endswith('"') and "${" not in value:
            return value[1:-1]
        return UNKNOWN if "${" in value or "." in value else value
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return value


def read_tfparse(case: Mapping[str, Any]) -> Found:
    """Settings as tfparse evaluates them."""
    import tfparse  # noqa: PLC0415 - as above

    options: dict[str, Any] = {"allow_downloads": False}
    if case["vars_file"] or case["var_files"]:
        outside = [os.path.relpath(case["vars_file"], case["root"])] if case["vars_file"] else []
        options["vars_paths"] = [*case["var_files"], *outside]
    if case["workspace"]:
        options["workspace_name"] = case["workspace"]
    data = tfparse.load_from_path(case["root"], **options)
    found: Found = {}
    for block in data.get("aws_lambda_function", []):
        address = str(block["__tfmeta"]["path"])
        found[address] = {key: _peer(block.get(key, DEFAULTS.get(key))) for key in SETTINGS}
    return found


def _peer(value: Any) -> Any:
    return UNKNOWN if isinstance(value, dict) or (isinstance(value, str) and "${" in value) else value


def read_checkov(case: Mapping[str, Any]) -> Found:
    """Settings as checkov's graph has them after rendering variables."""
    from checkov.terraform.graph_manager import TerraformGraphManager  # noqa: PLC0415 - as above

    manager = TerraformGraphManager(db_connector=_connector())
    graph, _ = manager.build_graph_from_source_directory(case["root"], render_variables=True)
    found: Found = {}
    for vertex in graph.vertices:
        if vertex.block_type == "resource" and vertex.name.startswith("aws_lambda_function."):
            address = vertex.attributes.get("__address__", vertex.name)
            found[address] = {key: _unpacked(vertex.attributes.get(key, DEFAULTS.get(key))) for key in SETTINGS}
    return found


def _connector() -> Any:
    from checkov.common.graph.db_connectors.networkx.networkx_db_connector import NetworkxConnector  # noqa: PLC0415 - as above

    return NetworkxConnector()


def _unpacked(value: Any) -> Any:
    """Checkov wraps every argument in a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and any(value.startswith(word) for word in ("var.", "local.", "each.", "module.", "${")):
        return UNKNOWN
    return value


def read_guard(case: Mapping[str, Any]) -> Found:
    """Settings as guard reads them, with nothing kept from before."""
    from guard.cache import Cache  # noqa: PLC0415 - as above
    from guard.model import RootSpec, Unknown  # noqa: PLC0415 - as above
    from guard.terraform import hull, inventory  # noqa: PLC0415 - as above
    from guard.trees import FolderTree  # noqa: PLC0415 - as above

    root = Path(case["root"])
    top = hull(root)
    path = os.path.relpath(root, top)
    given = {case["vars_file"]: Path(case["vars_file"]).read_bytes()} if case["vars_file"] else {}
    spec = RootSpec(
        path="" if path == "." else path,
        var_files=(*case["var_files"], *given),
        workspace=case["workspace"] or "default",
    )
    found: Found = {}
    for _, one in inventory(FolderTree(top), [spec], cache=Cache(None), outside=given).functions():
        values = (
            one.name,
            one.memory.value,
            one.timeout,
            one.runtime,
            one.architectures,
            one.handler,
            one.package_type,
        )
        found[one.address] = {
            key: UNKNOWN if isinstance(value, Unknown) else list(value) if isinstance(value, tuple) else value
            for key, value in zip(SETTINGS, values, strict=True)
        }
    return found


READERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], Found]]] = {
    "python-hcl2": ("hcl2", read_raw),
    "tfparse": ("tfparse", read_tfparse),
    "checkov": ("checkov", read_checkov),
    "guard": ("hcl2", read_guard),
}


def score(case: Mapping[str, Any], found: Found) -> dict[str, int]:
    """Counts for one configuration."""
    counts = dict.fromkeys(("right", "unresolved", "wrong", "missing", "invented"), 0)
    for address, expected in case["expected"].items():
        if address not in found:
            counts["missing"] += 1
            continue
        for key in SETTINGS:
            wanted, value = expected[key], found[address].get(key)
            if key == "architectures" and wanted in (None, UNKNOWN) and value in (None, [], UNKNOWN):
                value = wanted
            if value == wanted or (value == "" and wanted is None):
                counts["right"] += 1
            else:
                counts["unresolved" if value == UNKNOWN else "wrong"] += 1
    for address in found:
        if address in case["absent"] or (case["complete"] and address not in case["expected"]):
            counts["invented"] += 1
    return counts


def table(index: Path) -> None:
    """One line a reader."""
    cases = json.loads(index.read_text())
    heads = ("right", "unresolved", "wrong", "missing", "invented")
    print(f"{'reader':12}" + "".join(f"{head:>12}" for head in (*heads, "failed", "CPU s")))
    for name, (module, read) in READERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:12}  not installed")
            continue
        total = dict.fromkeys(heads, 0)
        failed = 0
        started = _cpu()
        for case in cases:
            try:
                found = read(case)
            except Exception:  # noqa: BLE001 - a peer may fail in any way
                failed += 1
                found = {}
            for head, count in score(case, found).items():
                total[head] += count
        seconds = _cpu() - started
        print(f"{name:12}" + "".join(f"{total[head]:12}" for head in heads) + f"{failed:12}{seconds:12.1f}")


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def generate(folder: Path, files: int) -> None:
    """A monorepo: root modules of 20 files each, a shared module, functions in one root of five."""
    chance = random.Random(7)  # noqa: S311 - repeatable, and no secret
    (folder / "modules" / "fn").mkdir(parents=True)
    (folder / "modules" / "fn" / "main.tf").write_text(
        'variable "name" {}\nvariable "memory" { default = 256 }\nresource "aws_lambda_function" "this" {\n'
        '  function_name = var.name\n  memory_size   = var.memory\n  handler = "a.b"\n}\n'
    )
    for number in range(files):
        root = folder / "roots" / f"r{number // 20:04}"
        root.mkdir(parents=True, exist_ok=True)
        rows: list[str] = []
        for item in range(18):
            label = f"b{number}_{item}"
            rows.append(
                f'resource "aws_s3_bucket" "{label}" {{\n  bucket = "b-${{local.name}}-{chance.randrange(10**6)}"\n'
                f'  tags = {{\n    team = "t{chance.randrange(90)}"\n    cost = "c{chance.randrange(90)}"\n  }}\n}}\n'
            )
        if number % 20 == 0:
            rows.append('locals {\n  name = "n"\n}\n')
            if number // 20 % 5 == 0:
                rows.append('module "fn" {\n  source = "../../modules/fn"\n  name = "f"\n  memory = 512\n}\n')
        (root / f"f{number % 20:02}.tf").write_text("".join(rows))


def large(files: int) -> None:
    """Cold and warm times of ``guard functions`` beside what git and python-hcl2 need."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "repo"
        folder.mkdir()
        generate(folder, files)
        commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]
        for step in (["init", "-q"], ["add", "-A"], commit):
            subprocess.run(["git", *step], cwd=folder, check=True)
        paths = sorted(folder.rglob("*.tf"))
        size = sum(path.stat().st_size for path in paths)
        print(f"{len(paths):,} files, {size / 1e6:.1f} MB")
        environ = {**os.environ, "GUARD_CACHE_DIR": str(Path(name) / "cache"), "PYTHONPATH": os.getcwd()}
        reading = "git ls-tree -r -z HEAD >/dev/null; git ls-files -z | xargs -0 cat >/dev/null"
        listing = _timed(["sh", "-c", reading], folder, environ)
        words = [sys.executable, "-m", "guard", "functions", "--rev", "HEAD", "--format", "json"]
        cold = _timed(words, folder, environ)
        warm = min(_timed(words, folder, environ) for _ in range(3))
        nothing = _timed([sys.executable, "-c", "pass"], folder, environ)
        print(f"python -c pass {nothing:.2f} s, git ls-tree and reading {listing:.2f} s")
        print(f"guard cold {cold:.2f} s, warm {warm:.2f} s (wall)")


def _timed(words: list[str], folder: Path, environ: Mapping[str, str]) -> float:
    started = time.monotonic()
    subprocess.run(words, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, help="an index of configurations with known plans")
    parser.add_argument("--large", action="store_true", help="time a generated repository")
    parser.add_argument("--files", type=int, default=4000)
    args = parser.parse_args()
    if args.cases:
        table(args.cases)
    if args.large:
        large(args.files)
    if not args.cases and not args.large:
        parser.print_help()


if __name__ == "__main__":
    main()
