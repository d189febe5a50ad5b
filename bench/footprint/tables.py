"""Turn traces into the shipped tables: imports the text does not show, and what modules were measured to add.

    python -m bench.footprint.tables TRACES --cache FOLDER

TRACES is a folder that ``bench.footprint.collect`` filled; the wheels of its sets are read through the index as a
prediction reads them. Writes ``hints.json`` and ``measured.json`` of the package.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guard.artifacts import WheelIndex
from guard.cache import Cache
from guard.footprint import data
from guard.footprint.conditions import Target
from guard.footprint.layout import modules_of
from guard.footprint.pinned import Pins, open_pins
from guard.footprint.predict import Request, predict

NEAR_KB = 5.0
NEAR_SHARE = 0.1
"""A module that the model gets within 5 KB or 10 % is left to the model."""
TARGET = Target(python=(3, 11))


@dataclass(slots=True)
class Tables:
    """What the traces say, by module."""

    add: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    made: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    measured: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    modelled: dict[tuple[str, int], float] = field(default_factory=dict)


def traces(folder: Path) -> Iterator[dict[str, Any]]:
    """Every set with a trace that went through."""
    for place in sorted(folder.glob("*.json")):
        found = json.loads(place.read_text(encoding="utf-8"))
        if found.get("trace") and not found["trace"]["fault"]:
            yield found


def name_of(record: Sequence[Any]) -> str:
    """The module by its file: a loader may use another name for it (``cv2``)."""
    if not str(record[2] or "").startswith("@"):
        return str(record[0])
    return next(iter(modules_of({str(record[2])[1:]: 1}, TARGET)), str(record[0]))


def learn(tables: Tables, found: Mapping[str, Any], cache: Cache, index: WheelIndex) -> None:
    """Add one set's trace, against what reading its wheels says."""
    pins = Pins(versions=dict(pin.split("==") for pin in found["pins"]), target=TARGET)
    opened, _, _ = open_pins(pins, index, cache)
    side = predict(
        Request(
            statements=tuple(found["imports"]),
            wheels=opened.wheels,
            target=TARGET,
            sdk=False,
            use_hints=False,
            use_measured=False,
        )
    )
    shipped = {name for wheel in opened.wheels.values() for name in wheel.modules}
    for cost in side.costs:
        if cost.basis == "code":
            tables.modelled.setdefault(cost.identity, cost.kept)
    records = [record for record in found["trace"]["records"] if len(record) == 6]
    true = {name_of(record) for record in records}
    mine = set(side.reached.order) | set(found["trace"]["base"])
    for record in records:
        name, asker = name_of(record), str(record[1]) or str(record[0])
        if str(record[2] or "").startswith("@"):
            tables.measured[name, int(record[3])].append(float(record[4]))
        if name not in mine and asker in shipped and asker != name and name not in tables.add[asker]:
            tables.add[asker].append(name)
    for name in side.reached.order:
        asker = side.reached.askers.get(name, "")
        if name in shipped and asker in shipped and asker in true:
            (tables.made if name in true else tables.asked)[asker].add(name)


def write(tables: Tables) -> None:
    """Both tables into the package."""
    folder = Path(str(data.__file__)).parent
    drop = {asker: sorted(names - tables.made[asker]) for asker, names in tables.asked.items()}
    hints = {
        "source": "bench/footprint/tables.py: imports seen while measuring that the text does not show (add) or "
        "shows but does not make (drop)",
        "add": {asker: names for asker, names in sorted(tables.add.items()) if names},
        "drop": {asker: names for asker, names in sorted(drop.items()) if names},
    }
    modules: dict[str, list[list[float]]] = {}
    for (name, size), seen in sorted(tables.measured.items()):
        mean, model = statistics.fmean(seen), tables.modelled.get((name, size))
        if model is None or abs(mean - model) >= max(NEAR_KB, NEAR_SHARE * model):
            modules.setdefault(name, []).append([size, round(mean)])
    measured = {
        "source": "bench/footprint/tables.py: KB resident that importing a module of this many bytes added itself, "
        "mean over the sets measured; modules the model already gets within 5 KB or 10 % are left out",
        "modules": modules,
    }
    for name, document in (("hints.json", hints), ("measured.json", measured)):
        (folder / name).write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")
        print(name, {key: len(value) for key, value in document.items() if isinstance(value, dict)})


def main() -> None:
    """Read every trace, then write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    args = parser.parse_args()
    cache = Cache(args.cache)
    index = WheelIndex(os.environ, cache)
    tables = Tables()
    for found in traces(args.traces):
        learn(tables, found, cache, index)
    write(tables)


if __name__ == "__main__":
    main()
