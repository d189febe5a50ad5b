"""Configurations as files of a real folder, evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from guard.cache import Cache
from guard.model import Function, Inventory, RootSpec
from guard.terraform import inventory
from guard.trees import FolderTree


class Plan:
    """One evaluated inventory, with what tests ask of it."""

    def __init__(self, found: Inventory) -> None:
        self.found = found
        self.root = found.roots[0]
        self.by_address = {function.address: function for _, function in found.functions()}

    def __getitem__(self, address: str) -> Function:
        return self.by_address[address]

    @property
    def only(self) -> Function:
        (function,) = self.by_address.values()
        return function

    @property
    def doubts(self) -> list[str]:
        return [f"{item.what}: {item.reason}" for root in self.found.roots for item in root.undecided]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """Parsed files, shared: what two tests write alike is parsed once."""
    return Cache(tmp_path_factory.mktemp("parsed"))


@pytest.fixture
def plan(tmp_path: Path, parsed: Cache) -> Callable[..., Plan]:
    """Write files and evaluate: ``plan({"main.tf": ...}, path="", var_files=(), ...)``."""

    def evaluate(files: Mapping[str, str | bytes], environ: Mapping[str, str] | None = None, **spec: object) -> Plan:
        top = tmp_path / "tree"
        for name, text in files.items():
            place = top / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
        root = RootSpec(**{"path": "", **spec})  # type: ignore[arg-type]  # the test's own keywords
        return Plan(inventory(FolderTree(top), [root], cache=parsed, environ=environ))

    return evaluate
