"""Which install commands belong to a function, and what they read."""

from __future__ import annotations

import pytest

from guard.artifacts.commands import Gathered, gather, in_tree
from guard.artifacts.located import Subject
from guard.model import Manifest, PackageSource, Unknown, Where
from tests.artifacts.conftest import MakeTree

PINS = "requests==2.32.3\n"


def subject(*commands: PackageSource, names: tuple[str, ...] = ("orders",), root: str = "") -> Subject:
    return Subject(names=names, sources=commands, where=Where(path="main.tf", line=1), root=root)


def command(text: str, address: str = "null_resource.build", folder: str | None = None) -> PackageSource:
    return PackageSource(kind="local_exec", text=text, path=folder, options={"address": address})


def parts(found: Gathered | None) -> list[str]:
    return [] if found is None else [part.path for part in found.parts]


@pytest.mark.parametrize(
    ("text", "address", "mine"),
    [
        ("pip install -r fn/requirements.txt -t build/fn", "null_resource.x", True),
        ("cd fn && pip install -r requirements.txt -t package", "null_resource.x", True),
        ("pip install -r elsewhere/requirements.txt -t elsewhere", "null_resource.orders_build", True),
        ("pip install -r elsewhere/requirements.txt -t elsewhere", "null_resource.billing", False),
        ("echo pip", "null_resource.orders", False),
    ],
)
def test_a_command_belongs_by_its_places_or_its_name(make_tree: MakeTree, text: str, address: str, mine: bool) -> None:
    tree = make_tree({"fn/requirements.txt": PINS, "elsewhere/requirements.txt": PINS})
    whose = subject(command(text, address), names=("orders-build",))
    found = gather(tree, whose, ["build/fn" if "build/fn" in text else "fn"])
    assert bool(parts(found)) is mine


def test_exports_and_the_lock_they_come_from_are_one_install(make_tree: MakeTree) -> None:
    tree = make_tree({"fn/uv.lock": "x", "fn/pyproject.toml": "[project]\n"})
    text = "cd fn && uv export --frozen --no-dev -o out.txt && uv pip install -r out.txt --target package"
    found = gather(tree, subject(command(text)), ["fn/package"])
    assert parts(found) == ["fn/uv.lock"]
    assert found is not None and found.undecided == []


def test_what_is_not_in_the_tree_is_said_with_its_line(make_tree: MakeTree) -> None:
    tree = make_tree({"fn/build.sh": "set -e\n\npip install -r gone.txt -t .\npip install $EXTRA\n"})
    found = gather(tree, subject(command("sh build.sh", folder="fn")), ["fn"])
    assert found is not None
    assert [(doubt.what, str(doubt.where)) for doubt in found.undecided] == [
        ("gone.txt", "fn/build.sh:3"),
        ("$EXTRA", "fn/build.sh:4"),
    ]
    located = found.located("test", None)
    assert isinstance(located.manifest, Unknown)
    assert located.manifest.reason == "gone.txt is installed but not in the tree"


def test_projects_and_packages_of_the_line(make_tree: MakeTree) -> None:
    tree = make_tree({"fn/pyproject.toml": "[project]\n", "lib/setup.py": ""})
    text = "pip install ./fn[extra] -e lib flask==3.1.0 pip setuptools -t fn/package"
    found = gather(tree, subject(command(text)), ["fn/package"])
    assert found is not None
    assert [(part.path, part.wanted.extras) for part in found.parts] == [
        ("fn/pyproject.toml", ("extra",)),
        ("lib/setup.py", ()),
    ]
    assert [one.text for one in found.packages] == ["flask==3.1.0"]
    located = found.located("test", None)
    assert isinstance(located.manifest, Manifest) and located.manifest.path == "fn/pyproject.toml"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "absent", "folder", "a\0b"])
def test_paths_outside_or_absent_are_none(make_tree: MakeTree, path: str) -> None:
    assert in_tree(make_tree({"folder/x": ""}), path) is None
