"""What a managed runtime has before the function's code: the standard library, the runtime client, boto3.

Tables per Python version are measured (``bench/footprint/runtime.py``) and shipped as data. A version without a
table takes the nearest one's, and says so.
"""

from __future__ import annotations

import functools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from guard.footprint.data import load
from guard.footprint.source import ModuleFacts

TABLES: tuple[tuple[int, int], ...] = ((3, 9), (3, 10), (3, 11), (3, 12), (3, 13))
"""Python versions with a measured table."""


_SHARED: Final[Mapping[str, tuple[str, float, float]]] = {
    "_ssl": ("_hashlib", 2350, 833),
    "_hashlib": ("_ssl", 3531, 538),
    "ssl": ("_hashlib", 1842, 371),
}
"""Module -> (the other one, KB before it, KB after it): means of 350 traces of CPython 3.11; 3.9 to 3.13 differ by less
than 0.3 MB."""
_DISTRIBUTIONS = {"dateutil": "python-dateutil"}


@dataclass(slots=True, kw_only=True)
class Runtime:
    """One Python version's modules: what the runtime client loads, and each module's cost and children."""

    python: tuple[int, int]
    base: frozenset[str]
    modules: Mapping[str, Any]
    exact: bool
    _closures: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the standard library has this module on Linux."""
        return name in self.modules or name in self.base

    def cost(self, name: str, before: Container[str] = ()) -> float:
        """KB (2**10 bytes) of resident memory that importing this module itself adds, children apart.

        ``before``: what is loaded already; libcrypto comes with the first of ``_ssl`` and ``_hashlib``.
        """
        pair = _SHARED.get(name)
        if pair is not None:
            other, alone, after = pair
            return after if other in before else alone
        entry = self.modules.get(name)
        return float(entry[0]) if entry else 0.0

    def closure(self, name: str) -> Sequence[str]:
        """Every other module it loads on the bare runtime, children first."""
        if name not in self._closures:
            order: list[str] = []
            seen = {name}
            stack: list[tuple[str, bool]] = [(child, False) for child in reversed(self._children(name))]
            while stack:
                one, done = stack.pop()
                if done:
                    order.append(one)
                elif one not in seen:
                    seen.add(one)
                    stack.append((one, True))
                    stack.extend((child, False) for child in reversed(self._children(one)))
            self._closures[name] = tuple(order)
        return self._closures[name]

    def _children(self, name: str) -> Sequence[str]:
        entry = self.modules.get(name)
        return entry[1] if entry else ()


@functools.cache
def runtime_for(python: tuple[int, int]) -> Runtime:
    """The table of a Python version, or the nearest one's with ``exact`` False."""
    nearest = min(TABLES, key=lambda one: (abs(one[1] - python[1]), -one[1]))
    kept = load(f"runtime-{nearest[0]}.{nearest[1]}.json")
    return Runtime(
        python=python, base=frozenset(kept["base"]), modules=kept["modules"], exact=nearest == python
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidedModule:
    """A module of a distribution the runtime brings (boto3 and what it needs)."""

    facts: ModuleFacts
    size: int
    package: bool
    distribution: str


@functools.cache
def provided_modules() -> Mapping[str, ProvidedModule]:
    """Modules of the runtime's own boto3, importable where the function does not ship them."""
    return {
        name: ProvidedModule(
            facts=ModuleFacts.unpack(packed),
            size=size,
            package=bool(package),
            distribution=_DISTRIBUTIONS.get(name.partition(".")[0], name),
        )
        for name, (size, package, packed) in load("runtime-boto3.json")["modules"].items()
    }
