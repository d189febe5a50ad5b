"""What each reached module costs: measured where it is known, else by a model of its code, classes and segments.

All costs are KB (2**10 bytes) of resident memory on the bare runtime. Coefficients and measured costs are data;
``bench/footprint`` makes both.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from guard.footprint.classes import Classes
from guard.footprint.data import load
from guard.footprint.elf import Segments
from guard.footprint.layout import Member
from guard.footprint.source import ModuleFacts
from guard.footprint.world import Installed
from guard.model import Unknown
from guard.units import kb_from_bytes

Basis: TypeAlias = Literal["runtime", "measured", "similar", "code", "native", "folder"]
"""Where a cost comes from: the runtime's table, this very file measured, another version of it measured, the model
of Python code, the model of native code, a package without a file."""

_CORE: Final = ("libc.so", "ld-linux", "libpthread", "libdl", "libm.so", "librt", "libutil")
_LARGEST_RATIO: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One module: KB it keeps, KB of transient memory while it loads, and what that rests on."""

    module: str
    owner: str
    kept: float
    compiling: float
    reading: float
    basis: Basis
    identity: tuple[str, int]


@functools.cache
def _model() -> Mapping[str, Any]:
    return load("model.json")


@functools.cache
def measured() -> Mapping[str, list[list[float]]]:
    """Measured costs: module -> [[bytes of its file, KB it added itself], ...]."""
    table: Mapping[str, list[list[float]]] = load("measured.json")["modules"]
    return table


class Costs:
    """Costs of one world's modules. Shared libraries count once, with the first module that needs them."""

    def __init__(
        self, world: Installed, classes: Classes, *, known: Iterable[str] = (), use_measured: bool = True
    ) -> None:
        self._loaded = set(known)
        self._world = world
        self._classes = classes
        self._use_measured = use_measured
        self._libraries: set[tuple[str, str]] = set()
        self.notes: list[str] = []

    def of(self, names: Iterable[str]) -> list[Cost]:
        """Costs in load order."""
        found: list[Cost] = []
        for name in names:
            found.append(self._one(name))
            self._loaded.add(name)
        return found

    def _one(self, name: str) -> Cost:
        member = self._world.member(name)
        owner = self._world.owners.get(name, "")
        facts = self._world.facts(name)
        if member is not None:
            if member.kind == "ext":
                return self._native(name, owner, member)
            return self._python(name, owner, member.size, facts)
        provided = self._world.provided(name)
        if provided is not None:
            return self._python(name, provided.distribution, provided.size, facts)
        runtime = self._world.runtime.cost(name, self._loaded)
        return _plain(name, "", runtime, "runtime" if runtime or not self._world.is_package(name) else "folder")

    def _python(self, name: str, owner: str, size: int, facts: ModuleFacts | None) -> Cost:
        if facts is None:
            return _plain(name, owner, 0.0, "folder")
        model = self._model_of(name, facts)
        kept, basis = self._known(name, size, model, "code")
        numbers = _model()["python"]
        code = kb_from_bytes(facts.code)
        return Cost(
            module=name,
            owner=owner,
            kept=kept * self._version_factor(),
            compiling=numbers["peak_per_token"] * facts.tokens + numbers["peak_per_code_kb"] * code,
            reading=code,
            basis=basis,
            identity=(name, size),
        )

    def _model_of(self, name: str, facts: ModuleFacts) -> float:
        numbers = _model()["python"]
        made, fields = self._classes.count(name, facts)
        total: float = (
            numbers["code_kb"] * kb_from_bytes(facts.code)
            + numbers["class"] * facts.classes
            + numbers["function"] * facts.functions
        )
        for kind, count in made.items():
            total += numbers["kinds"].get(kind, 0.0) * count
        for kind, count in fields.items():
            total += numbers["fields"].get(kind, 0.0) * count
        return total

    def _known(self, name: str, size: int, model: float, basis: Basis) -> tuple[float, Basis]:
        """The measured cost of this very file, or of the most similar version of it, else the model's."""
        kept = measured().get(name) if self._use_measured else None
        if not kept:
            return model, basis
        nearest_size, cost = min(((entry[0], entry[1]) for entry in kept), key=lambda entry: abs(entry[0] - size))
        if nearest_size == size:
            return cost, "measured"
        ratio = size / nearest_size if nearest_size else 1.0
        if not 1 / _LARGEST_RATIO <= ratio <= _LARGEST_RATIO:
            return model, basis
        return cost * ratio, "similar"

    def _version_factor(self) -> float:
        python = self._world.target.python
        factors: Mapping[str, float] = _model()["versions"]
        return factors.get(f"{python[0]}.{python[1]}", factors[max(factors, key=_as_version)])

    def _native(self, name: str, owner: str, member: Member) -> Cost:
        model = self._mapped(owner, member)
        kept, basis = self._known(name, member.size, model, "native")
        return _plain(name, owner, kept, basis, identity=(name, member.size))

    def _mapped(self, owner: str, member: Member) -> float:
        wheel = self._world.wheels[owner]
        numbers = _model()["native"]
        segments = wheel.segments(member.path, member.size)
        if isinstance(segments, Unknown):
            self.notes.append(f"{member.path}: {segments.reason}; sized by its bytes")
            return float(numbers["unread"] * kb_from_bytes(member.size) ** numbers["unread_power"])
        total = _touched(segments, numbers["module"])
        waiting = list(segments.needed)
        if waiting == ["?"]:
            waiting = [file for file, (path, _) in wheel.libraries.items() if ".libs/" in path or ".so." in file]
        while waiting:
            file = waiting.pop()
            key = (owner if file in wheel.libraries else "", file)
            if key in self._libraries or file.startswith(_CORE):
                continue
            self._libraries.add(key)
            if file not in wheel.libraries:
                total += numbers["system"].get(file.partition(".so")[0], 0.0)
                continue
            library = wheel.segments(*wheel.libraries[file])
            if isinstance(library, Unknown):
                self.notes.append(f"{file}: {library.reason}")
                continue
            total += _touched(library, numbers["library"])
            waiting.extend(one for one in library.needed if one != "?")
        return float(total * numbers["heap"])


def _as_version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _plain(
    name: str, owner: str, kept: float, basis: Basis, *, identity: tuple[str, int] | None = None
) -> Cost:  # fmt: skip
    return Cost(
        module=name, owner=owner, kept=kept, compiling=0.0, reading=0.0, basis=basis, identity=identity or (name, 0)
    )


def _touched(segments: Segments, numbers: Mapping[str, float]) -> float:
    """KB of a shared object that are resident after loading: pages run, relocated, written."""
    code, constants, relro, bss, relocations = (
        kb_from_bytes(size)
        for size in (segments.code, segments.constants, segments.relro, segments.bss, segments.relocations)
    )
    data = max(0.0, kb_from_bytes(segments.data) - relro)
    run = min(code, numbers["code"] * code ** numbers["code_power"])
    read = min(
        constants,
        numbers["relocations"] * relocations + numbers["constants"] * constants ** numbers["constants_power"],
    )
    written = numbers["data"] * data ** numbers["data_power"] + numbers["bss"] * min(bss, numbers["bss_most"]) ** 0.5
    return float(run + read + relro + written + numbers["each"])
