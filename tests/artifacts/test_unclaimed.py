"""Manifests that changed and that nobody is known to ship."""

from __future__ import annotations

from guard.artifacts.unclaimed import unclaimed
from tests.artifacts.conftest import MakeTree

BASE = {
    "layers/core/requirements.txt": "pypdf==5.3.0\n",
    "tests/requirements.txt": "x==1\n",
    "requirements-dev.txt": "x==1\n",
    "tool/requirements.txt": "pytest==8\nsphinx==8\nx==1\n",
    "fn/uv.lock": "",
    "fn/pyproject.toml": '[project]\nname = "x"\ndependencies = ["a"]\n',
}


def test_a_production_manifest_is_named_with_what_changed(make_tree: MakeTree) -> None:
    base = make_tree(BASE)
    head = make_tree({**BASE, "layers/core/requirements.txt": "pypdf==6.0.0\n"})
    (found,) = unclaimed(base, head, [])
    assert found.what == "layers/core/requirements.txt"
    assert "its dependencies changed (pypdf)" in found.reason
    assert 'manifest = "layers/core/requirements.txt"' in found.remedy
    assert unclaimed(base, head, ["layers/core/requirements.txt"]) == ()


def test_tests_tools_comments_and_twins_are_silent(make_tree: MakeTree) -> None:
    base = make_tree(BASE)
    head = make_tree(
        {
            **BASE,
            "layers/core/requirements.txt": "# only a comment\npypdf == 5.3.0\n",
            "tests/requirements.txt": "x==2\n",
            "requirements-dev.txt": "x==2\n",
            "tool/requirements.txt": "pytest==9\nsphinx==8\nx==2\n",
            "fn/pyproject.toml": '[project]\nname = "x"\ndependencies = ["a>=2"]\n',
        }
    )
    assert unclaimed(base, head, []) == ()
    assert unclaimed(base, base, []) == ()


def test_a_manifest_that_came_or_went_is_told(make_tree: MakeTree) -> None:
    base, head = make_tree({"a/requirements.txt": "x==1\n"}), make_tree({"b/requirements.txt": "y==1\n"})
    assert [one.what for one in unclaimed(base, head, [])] == ["a/requirements.txt", "b/requirements.txt"]
