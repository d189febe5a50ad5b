"""Pairing functions of two sides and saying what changed, over hand-made facts and real folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from guard.compare import Changes, Side, compare, matters
from guard.model import (
    Artifact,
    Distribution,
    Function,
    Inventory,
    Layer,
    Manifest,
    Maybe,
    MemorySetting,
    Root,
    Sizes,
    Undecided,
    Unknown,
    Where,
)
from guard.trees import FolderTree, Tree
from guard.units import Bytes

NOT_SIZED = Unknown(reason="not sized")


def function(address: str = "aws_lambda_function.api", **settings: object) -> Function:
    value = settings.pop("memory", 256)
    memory = MemorySetting(value=value, origin="literal", where=Where(path="main.tf", line=9))  # type: ignore[arg-type]
    made = Function(
        address=address, root="", where=Where(path="main.tf", line=1), name="api", memory=memory, timeout=3
    )  # fmt: skip
    return replace(made, **settings)  # type: ignore[arg-type]


def artifact(**versions: str) -> Artifact:
    distributions = tuple(
        Distribution(
            name=name,
            version=version,
            wheel=NOT_SIZED,
            unpacked=NOT_SIZED,
            native=NOT_SIZED,
            written=f"=={version}",
        )
        for name, version in sorted(versions.items())
    )
    return Artifact(
        manifest=Manifest(path="requirements.txt", how="source_path", reason="beside the handler"),
        distributions=distributions,
        sizes=Sizes(packed=NOT_SIZED, unpacked=NOT_SIZED, native=NOT_SIZED),
        own_code=Bytes(0),
        digest=repr(sorted(versions.items())),
    )


class Sides:
    """Two inventories whose artifacts are given by address."""

    def __init__(self, folder: Path) -> None:
        self.trees = [FolderTree(folder, label="base"), FolderTree(folder, label="head")]
        self.roots: list[list[Root]] = [[], []]
        self.artifacts: list[dict[str, Artifact]] = [{}, {}]

    def put(
        self, side: int, *functions: Function, undecided: tuple[Undecided, ...] = (),
        moved: tuple[tuple[str, str], ...] = (), workspace: str = "default", **ships: Artifact,
    ) -> Sides:  # fmt: skip
        self.roots[side].append(
            Root(path="", functions=functions, undecided=undecided, moved=moved, workspace=workspace)
        )
        for made in functions:
            self.artifacts[side][made.address] = ships.get("ships", artifact())
        return self

    def compare(self) -> Changes:
        def resolve(tree: Tree, made: Function) -> Artifact:
            return self.artifacts[0 if tree.label == "base" else 1][made.address]

        base, head = (
            Side(tree=tree, inventory=Inventory(roots=tuple(roots)))
            for tree, roots in zip(self.trees, self.roots, strict=True)
        )
        return compare(base, head, resolve=resolve)


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    (tmp_path / "main.tf").write_text("")
    return Sides(tmp_path)


def only(changes: Changes) -> tuple[str, bool]:
    (change,) = changes.functions
    return change.standing, matters(change)


def test_equal_sides_have_nothing_to_check(sides: Sides) -> None:
    changes = sides.put(0, function()).put(1, function()).compare()
    assert only(changes) == ("unchanged", False)
    assert changes.nothing_to_check


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (function(memory=256), function(memory=512), ("changed", True)),
        (function(timeout=3), function(timeout=9), ("changed", False)),
        (function(runtime="python3.11"), function(runtime="python3.12"), ("changed", True)),
        (function(architectures=None), function(architectures=("x86_64",)), ("unchanged", False)),
        (function(architectures=None), function(architectures=("arm64",)), ("changed", True)),
        (function(package_type="Zip"), function(package_type="Image"), ("changed", True)),
        (function(), function(layers=(Layer(arn="arn:aws:lambda:x:1"),)), ("changed", True)),
        (function(memory=Unknown(reason="var.m")), function(memory=Unknown(reason="var.m")), ("unchanged", False)),
        (function(memory=256), function(memory=Unknown(reason="var.m")), ("changed", True)),
        (
            function(memory=Unknown(reason="var.m", fingerprint="a")),
            function(memory=Unknown(reason="var.m", fingerprint="b")),
            ("changed", True),
        ),
        (function(handler="a.b"), function(handler="a.c"), ("unchanged", False)),
        (function(where=Where(path="x.tf", line=4)), function(), ("unchanged", False)),
    ],
)
def test_what_counts_as_a_change(sides: Sides, base: Function, head: Function, expected: tuple[str, bool]) -> None:
    assert only(sides.put(0, base).put(1, head).compare()) == expected


def test_dependencies_are_compared(sides: Sides) -> None:
    sides.put(0, function(), ships=artifact(a="1", b="1", c="1"))
    changes = sides.put(1, function(), ships=artifact(a="1", b="2", d="1")).compare()
    (change,) = changes.functions
    assert dict(change.delta.added) == {"d": "1"}
    assert dict(change.delta.removed) == {"c": "1"}
    assert dict(change.delta.changed) == {"b": ("1", "2")}
    assert not changes.nothing_to_check


def test_added_and_removed(sides: Sides) -> None:
    changes = sides.put(0, function("a", name="old")).put(1, function("b", name="new")).compare()
    assert {(change.address, change.standing) for change in changes.functions} == {("a", "removed"), ("b", "added")}


def test_moved_blocks_pair(sides: Sides) -> None:
    moved = (("aws_lambda_function.api", "module.m.aws_lambda_function.x"), ("module.m", "module.n[0]"))
    changes = (
        sides.put(0, function(name=None))
        .put(1, function("module.n[0].aws_lambda_function.x", name=None), moved=moved)
        .compare()
    )
    assert only(changes) == ("unchanged", False)


def test_a_moved_block_between_two_that_exist_is_ignored(sides: Sides) -> None:
    sides.put(0, function("a", name=None), function("b", name=None))
    changes = sides.put(1, function("a", name=None), function("b", name=None), moved=(("a", "b"), ("b", "a"))).compare()
    assert {change.standing for change in changes.functions} == {"unchanged"}


def test_a_unique_name_pairs_a_function_moved_by_hand(sides: Sides) -> None:
    changes = sides.put(0, function("a", name="same")).put(1, function("module.m.b", name="same")).compare()
    assert only(changes) == ("unchanged", False)


def test_a_name_that_is_not_unique_pairs_nothing(sides: Sides) -> None:
    sides.put(0, function("a", name="same"), function("b", name="same"))
    changes = sides.put(1, function("c", name="same")).compare()
    assert sorted(change.standing for change in changes.functions) == ["added", "removed", "removed"]


def test_two_environments_of_one_root_stay_apart(sides: Sides) -> None:
    sides.put(0, function(memory=128), workspace="dev").put(0, function(memory=512), workspace="prod")
    changes = (
        sides.put(1, function(memory=128), workspace="dev").put(1, function(memory=256), workspace="prod").compare()
    )
    assert [(change.workspace, change.standing) for change in changes.functions] == [
        ("dev", "unchanged"),
        ("prod", "changed"),
    ]


def test_a_function_behind_an_open_question_is_not_called_removed(sides: Sides) -> None:
    doubt = Undecided(what="module.m", reason="its source is not in the tree", where=Where(path="main.tf", line=1))
    changes = sides.put(0, function("module.m.aws_lambda_function.x")).put(1, undecided=(doubt,)).compare()
    assert changes.functions == ()
    assert "module.m.aws_lambda_function.x" in {item.what for item in changes.undecided}
    assert not changes.nothing_to_check


def test_a_file_that_cannot_be_read_may_hold_any_function(sides: Sides) -> None:
    doubt = Undecided(what="main.tf", reason="a { is never closed", where=Where(path="main.tf", line=1))
    changes = sides.put(0, function()).put(1, undecided=(doubt,)).compare()
    assert changes.functions == ()
    assert {item.what for item in changes.undecided} == {"main.tf", "aws_lambda_function.api"}


def test_an_old_open_question_does_not_count_as_touched(sides: Sides) -> None:
    doubt = Undecided(what="module.m", reason="its source is not in the tree", where=Where(path="main.tf", line=1))
    changes = sides.put(0, function(), undecided=(doubt,)).put(1, function(), undecided=(doubt,)).compare()
    assert changes.undecided == ()
    assert changes.untouched == (doubt,)
    assert changes.nothing_to_check


@pytest.mark.parametrize(("fingerprints", "touched"), [(("a", "a"), False), (("a", "b"), True)])
def test_fingerprints_tell_whether_a_question_was_touched(
    sides: Sides, fingerprints: tuple[str, str], touched: bool
) -> None:
    old, new = (Undecided(what="module.m", reason="r", fingerprint=fingerprint) for fingerprint in fingerprints)
    changes = sides.put(0, function(), undecided=(old,)).put(1, function(), undecided=(new,)).compare()
    assert bool(changes.undecided) is touched


def test_unknown_dependencies_of_a_touched_function_are_undecided(sides: Sides) -> None:
    lost: Maybe[Manifest] = Unknown(reason="no manifest was found", remedy="[[tool.guard.functions]]")
    unknown = replace(artifact(), manifest=lost, distributions=Unknown(reason="no manifest was found"), digest="u")
    changes = sides.put(0, function(), ships=artifact(a="1")).put(1, function(), ships=unknown).compare()
    assert [item.reason for item in changes.of_functions] == ["no manifest was found"]
    assert not changes.nothing_to_check
