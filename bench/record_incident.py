"""Write down the wheels of the incident from the real index, for ``guard demo`` without a network.

Usage: ``python bench/record_incident.py`` (rewrites ``guard/commands/incident/recorded.json``).
"""

from __future__ import annotations

import os
from pathlib import Path

from packaging.requirements import Requirement

from guard.artifacts import Target, WheelIndex
from guard.artifacts.sizes import measure
from guard.cache import Cache
from guard.commands import incident
from guard.commands.incident.recorded import FILE, record
from guard.model import Distribution, Unknown

TARGET = Target(python="3.12", platform="manylinux_2_34_x86_64", assumed=False)
"""What the incident's runtime, python3.12 on x86_64, can load."""


def main() -> None:
    """Read every pinned requirement's wheel and write the file."""
    index = WheelIndex(os.environ, Cache(None))
    nothing = Unknown(reason="not sized yet")
    measured: list[Distribution] = []
    for line in incident.side("head")["services/orders/requirements.txt"].decode().splitlines():
        if line.startswith("#"):
            continue
        pin = Requirement(line)
        version = str(pin.specifier).removeprefix("==")
        one = Distribution(name=pin.name, version=version, wheel=nothing, unpacked=nothing, native=nothing)
        measured.append(measure(one, TARGET, index))
    text = record(measured, index)
    (Path(incident.__file__).parent / FILE).write_text(text, encoding="utf-8")
    print(f"{len(measured)} wheels, {len(text)} bytes")


if __name__ == "__main__":
    main()
