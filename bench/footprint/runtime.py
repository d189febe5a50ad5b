"""Measure one interpreter's standard library: what each module adds itself and what it loads.

    python -m bench.footprint.runtime 3.12 --store FOLDER

Every module is imported in a fresh process on the bare runtime client; a module's cost is its mean over all
processes that load it. Writes ``runtime-VERSION.json`` of the package.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

from bench.footprint.collect import trace
from guard.footprint import data
from guard.footprint.measure.install import Interpreter, Store

_LEFT_OUT = (
    "test", "idlelib", "lib2to3", "turtledemo", "ensurepip", "tkinter", "pydoc_data", "antigravity", "this",
    "distutils.tests", "unittest.test", "ctypes.test", "sqlite3.test", "xxlimited", "xxsubtype",
)  # fmt: skip
_LIST = """
import os, pkgutil, sys
found = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
library = os.path.dirname(os.__file__)
def walk(folder, prefix):
    for one in pkgutil.iter_modules([folder]):
        found.add(prefix + one.name)
        if one.ispkg and one.name != "site-packages":
            walk(os.path.join(folder, one.name), prefix + one.name + ".")
walk(library, "")
walk(os.path.join(library, "lib-dynload"), "")
print("\\n".join(sorted(found)))
"""


def modules_of(interpreter: Interpreter) -> list[str]:
    """Importable names of its standard library, tests and games left out."""
    answer = subprocess.run(
        [interpreter.path, "-S", "-s", "-E", "-c", _LIST], capture_output=True, text=True, check=True, timeout=60
    )
    left_out = tuple(f"{name}." for name in _LEFT_OUT)
    return [
        name
        for name in answer.stdout.split()
        if name not in _LEFT_OUT and not name.startswith((*left_out, "_test")) and not name.endswith("__main__")
    ]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version")
    parser.add_argument("--store", type=Path, required=True)
    args = parser.parse_args()
    store = Store(folder=args.store, environ=os.environ)
    interpreter = store.interpreter(args.version)
    empty = store.install((), {}, interpreter, "src")
    costs: dict[str, list[float]] = defaultdict(list)
    children: dict[str, list[str]] = {}
    base: list[str] = []
    for name in modules_of(interpreter):
        found = trace(empty, [f"import {name}"], interpreter, store)
        if found is None or found["fault"]:
            continue
        base = found["base"]
        if name not in base:
            children[name] = [str(record[0]) for record in found["records"] if record[1] == name]
        for record in found["records"]:
            if len(record) == 6:
                costs[str(record[0])].append(float(record[4]))
    document = {
        "source": f"measured by bench/footprint/runtime.py: CPython {args.version}, x86_64, on awslambdaric 4.2.2; "
        "KB resident each module adds itself, and the modules it loads",
        "base": base,
        "modules": {
            name: [round(statistics.fmean(costs[name]), 1) if costs[name] else 0.0, children[name]]
            for name in sorted(children)
        },
    }
    place = Path(str(data.__file__)).parent / f"runtime-{args.version}.json"
    place.write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")
    print(place.name, len(children))


if __name__ == "__main__":
    main()
