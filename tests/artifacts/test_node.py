"""Node lock files written by npm, yarn (classic and berry), pnpm and bun: what ``npm ci --omit=dev`` installs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.artifacts.facts import Reading, Wanted
from guard.artifacts.formats import read_manifest
from guard.artifacts.node_graph import loads_relaxed
from guard.artifacts.platforms import Target
from guard.model import Unknown
from guard.trees import FolderTree
from tests.artifacts.conftest import MakeTree

NODE = Path(__file__).parents[1] / "data" / "artifacts" / "node"
TARGET = Target(python="3.12", platform="manylinux_2_34_x86_64", assumed=True)
PRODUCTION = {
    "@aws-sdk/util-utf8-browser": "3.259.0",
    "debug": "4.4.3",
    "ms": "2.1.3",
    "tslib": "2.9.1",
    "uuid": "9.0.1",
}
"""``npm ls --all --omit=dev`` after ``npm ci --omit=dev`` on Linux."""


def read(tree: FolderTree, path: str, wanted: Wanted | None = None) -> Reading | Unknown:
    return read_manifest(tree, path, TARGET, wanted or Wanted())


@pytest.mark.parametrize(
    "path",
    [
        "npm1/package-lock.json",
        "npm2/package-lock.json",
        "npm3/package-lock.json",
        "yarn1/yarn.lock",
        "berry/yarn.lock",
        "pnpm/pnpm-lock.yaml",
        "bun/bun.lock",
    ],
)
def test_a_lock_read_back_is_what_npm_installs_for_production(path: str) -> None:
    found = read(FolderTree(NODE), path)
    assert isinstance(found, Reading)
    assert {pin.name: pin.version for pin in found.pins} == PRODUCTION
    assert {pin.name for pin in found.pins if pin.direct} == {"@aws-sdk/util-utf8-browser", "debug", "uuid"}
    assert all(pin.files[0].filename.endswith(".tgz") for pin in found.pins)


def test_several_versions_of_one_name_are_told_apart(make_tree: MakeTree) -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"a": "1", "debug": "4"}, "devDependencies": {"d": "1"}},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"debug": "2"}},
            "node_modules/a/node_modules/debug": {"version": "2.6.9"},
            "node_modules/debug": {"version": "4.3.4"},
            "node_modules/d": {"version": "1.0.0", "dev": True},
        },
    }
    found = read(make_tree({"package-lock.json": json.dumps(lock)}), "package-lock.json")
    assert isinstance(found, Reading)
    assert {pin.name: pin.version for pin in found.pins} == {"a": "1.0.0", "debug": "4.3.4", "debug@2.6.9": "2.6.9"}


def test_a_workspace_member_is_read_on_its_own(make_tree: MakeTree) -> None:
    packages = {
        "": {"workspaces": ["functions/*"]},
        "functions/one": {"dependencies": {"a": "1", "two": "*"}, "devDependencies": {"b": "1"}},
        "functions/two": {"dependencies": {"c": "1"}},
        "node_modules/two": {"resolved": "functions/two", "link": True},
        "node_modules/a": {"version": "1.0.0"},
        "node_modules/b": {"version": "1.0.0"},
        "node_modules/c": {"version": "1.0.0"},
    }
    tree = make_tree({"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": packages})})
    found = read(tree, "package-lock.json", Wanted(member="functions/one"))
    assert isinstance(found, Reading)
    assert {pin.name for pin in found.pins} == {"a", "c"}


def test_yarn_without_its_package_json_does_not_guess(make_tree: MakeTree) -> None:
    found = read(make_tree({"yarn.lock": "# yarn lockfile v1\n"}), "yarn.lock")
    assert isinstance(found, Unknown)
    assert "does not say what is for development" in found.reason


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("package-lock.json", "[1]", "is not a JSON object"),
        ("package-lock.json", "{" * 90_000, "is not valid JSON"),
        ("package-lock.json", '{"a":' + "[" * 90_000, "nests too deeply"),
        ("package-lock.json", '{"lockfileVersion": ' + "9" * 5000 + "}", "is not valid JSON"),
        ("pnpm-lock.yaml", "a: &x [1]\nb: *x\n", "has YAML anchors"),
        ("pnpm-lock.yaml", "a: [\n", "is not valid YAML"),
        ("pnpm-lock.yaml", "- " * 5000, "is not"),
        ("bun.lock", "{", "is not valid JSON"),
    ],
)
def test_broken_locks_are_unknown(make_tree: MakeTree, path: str, text: str, reason: str) -> None:
    found = read(make_tree({path: text, "package.json": "{}"}), path)
    assert isinstance(found, Unknown)
    assert reason in found.reason or "nests too deeply" in found.reason


def test_json_with_comments_and_trailing_commas() -> None:
    text = '{"a": [1, 2,], // not "this"\n /* nor */ "b": "x//y,]", }'
    assert loads_relaxed(text) == {"a": [1, 2], "b": "x//y,]"}


def test_package_json_alone_is_unknown_unless_it_needs_nothing(make_tree: MakeTree) -> None:
    tree = make_tree({"a/package.json": '{"dependencies": {"x": "^1"}}', "b/package.json": '{"name": "b"}'})
    needs, nothing = read(tree, "a/package.json"), read(tree, "b/package.json")
    assert isinstance(needs, Unknown) and "no lock file" in needs.reason
    assert isinstance(nothing, Reading) and nothing.pins == ()


PROJECTS = {
    "package.json": '{"private": true, "workspaces": ["fn/*", "libs/*"]}',
    "fn/one/package.json": '{"name": "one", "dependencies": {"lib": "*", "a": "^1"}, "devDependencies": {"b": "^1"}}',
    "libs/lib/package.json": '{"name": "lib", "dependencies": {"c": "^1"}, "devDependencies": {"express": "^4"}}',
}
BERRY = """__metadata:
  version: 8

"a@npm:^1":
  version: 1.0.0
  resolution: "a@npm:1.0.0"

"c@npm:^1":
  version: 1.2.0
  resolution: "c@npm:1.2.0"

"express@npm:^4":
  version: 4.21.2
  resolution: "express@npm:4.21.2"

"lib@npm:*, lib@workspace:libs/lib":
  version: 0.0.0-use.local
  resolution: "lib@workspace:libs/lib"
  dependencies:
    c: "npm:^1"
    express: "npm:^4"
"""
CLASSIC = """# yarn lockfile v1
a@^1:
  version "1.0.0"
c@^1:
  version "1.2.0"
express@^4:
  version "4.21.2"
"""
PNPM = """lockfileVersion: '9.0'
importers:
  fn/one:
    dependencies:
      a: {specifier: ^1, version: 1.0.0}
      lib: {specifier: 'workspace:*', version: link:../../libs/lib}
  libs/lib:
    dependencies:
      c: {specifier: ^1, version: 1.2.0}
    devDependencies:
      express: {specifier: ^4, version: 4.21.2}
packages:
  a@1.0.0: {}
  c@1.2.0: {}
  express@4.21.2: {}
"""
BUN = """{"lockfileVersion": 1,
  "workspaces": {
    "fn/one": {"name": "one", "dependencies": {"a": "^1", "lib": "workspace:*"}},
    "libs/lib": {"name": "lib", "dependencies": {"c": "^1"}, "devDependencies": {"express": "^4"}},
  },
  "packages": {
    "a": ["a@1.0.0", "", {}, "sha512-x"],
    "c": ["c@1.2.0", "", {}, "sha512-x"],
    "express": ["express@4.21.2", "", {}, "sha512-x"],
    "lib": ["lib@workspace:libs/lib"],
  }
}"""


@pytest.mark.parametrize(
    ("path", "text"),
    [("yarn.lock", BERRY), ("yarn.lock", CLASSIC), ("pnpm-lock.yaml", PNPM), ("bun.lock", BUN)],
    ids=["berry", "classic", "pnpm", "bun"],
)
def test_a_package_of_the_repository_brings_no_development_dependencies(
    make_tree: MakeTree, path: str, text: str
) -> None:
    found = read(make_tree({**PROJECTS, path: text}), path, Wanted(member="fn/one"))
    assert isinstance(found, Reading)
    assert {pin.name: pin.version for pin in found.pins} == {"a": "1.0.0", "c": "1.2.0"}
