"""How base and head are chosen, over real repositories and real clones."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from guard.errors import CannotDecide, UsageError
from guard.trees import Comparison, Repository, choose
from tests.conftest import GitRepo

MakeRepo = Callable[..., GitRepo]


class Story:
    """main: a - b - d (merge of c into b); topic: a - c. A clone's origin/main stands at b."""

    def __init__(self, make_repo: MakeRepo) -> None:
        self.repo = make_repo()
        self.a = self.repo.commit({"x": "a"})
        self.repo.git("checkout", "-q", "-b", "topic")
        self.c = self.repo.commit({"y": "c"})
        self.repo.git("checkout", "-q", "main")
        self.b = self.repo.commit({"z": "b"})
        self.repo.git("checkout", "-q", "--detach")
        self.repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
        self.merge = self.repo.git("rev-parse", "HEAD")


@pytest.fixture
def story(make_repo: MakeRepo) -> Story:
    return Story(make_repo)


def chosen(path: Path, environ: Mapping[str, str] | None = None, **words: object) -> Comparison:
    found = Repository.find(path, os.environ)
    assert found is not None
    with found:
        return choose(found, environ or {}, **words)  # type: ignore[arg-type]


def event(tmp_path: Path, content: object) -> str:
    place = tmp_path / "event.json"
    place.write_text(json.dumps(content))
    return str(place)


def test_default_is_the_merge_base_with_the_default_branch(story: Story) -> None:
    story.repo.git("checkout", "-q", "topic")
    found = chosen(story.repo.path)
    assert (found.base_sha, found.head_sha) == (story.a, None)
    assert found.chosen_by == "merge base with main"
    assert found.head.label == "work tree"


def test_origin_head_goes_before_local_names(story: Story, tmp_path: Path) -> None:
    story.repo.git("checkout", "-q", "main")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(story.repo.path), str(clone)], check=True)
    found = chosen(clone)
    assert found.base_sha == story.b
    assert found.chosen_by == "merge base with origin/main"


def test_explicit_base_then_guard_base_then_from_ref(story: Story, tmp_path: Path) -> None:
    environ = {"GUARD_BASE": story.b, "PRE_COMMIT_FROM_REF": story.a, "PRE_COMMIT_TO_REF": story.c}
    assert chosen(story.repo.path, environ, base=story.c).base_sha == story.c
    assert chosen(story.repo.path, environ).base_sha == story.b
    del environ["GUARD_BASE"]
    found = chosen(story.repo.path, environ)
    assert (found.base_sha, found.head_sha, found.chosen_by) == (story.a, story.c, "pre-commit's FROM_REF")


def test_pull_request_merge_ref_uses_its_first_parent(story: Story, tmp_path: Path) -> None:
    content = {"number": 7, "pull_request": {"base": {"sha": story.a}, "head": {"sha": story.c}}}
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": event(tmp_path, content),
        "GITHUB_REF": "refs/pull/7/merge",
    }
    found = chosen(story.repo.path, environ)
    assert (found.base_sha, found.head_sha) == (story.b, story.merge)
    assert "first parent" in found.chosen_by


def test_pull_request_on_its_own_head_uses_the_merge_base(story: Story, tmp_path: Path) -> None:
    story.repo.git("checkout", "-q", "topic")
    content = {"number": 7, "pull_request": {"base": {"sha": story.b}, "head": {"sha": story.c}}}
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": event(tmp_path, content),
    }
    found = chosen(story.repo.path, environ)
    assert (found.base_sha, found.head_sha) == (story.a, story.c)


def test_pull_request_target_reads_the_head_commit_without_a_checkout(story: Story, tmp_path: Path) -> None:
    story.repo.git("checkout", "-q", "main")
    content = {"number": 7, "pull_request": {"base": {"sha": story.b}, "head": {"sha": story.c}}}
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request_target",
        "GITHUB_EVENT_PATH": event(tmp_path, content),
    }
    found = chosen(story.repo.path, environ)
    assert (found.base_sha, found.head_sha) == (story.a, story.c)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("merge_group", lambda s: {"merge_group": {"base_sha": s.b, "head_sha": s.merge}}, "b"),
        ("push", lambda s: {"before": s.a, "after": s.merge}, "a"),
        ("push", lambda s: {"before": "0" * 40, "after": s.merge}, "b"),
        ("workflow_dispatch", lambda s: {}, "b"),
    ],
)
def test_other_github_events(
    story: Story, tmp_path: Path, name: str, content: Callable[[Story], object], expected: str
) -> None:
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": event(tmp_path, content(story)),
    }
    assert chosen(story.repo.path, environ).base_sha == getattr(story, expected)


def test_gitlab_merge_request(story: Story) -> None:
    story.repo.git("checkout", "-q", "topic")
    found = chosen(story.repo.path, {"GITLAB_CI": "true", "CI_MERGE_REQUEST_DIFF_BASE_SHA": story.a})
    assert (found.base_sha, found.head_sha) == (story.a, story.c)


def environ_of(tmp_path: Path, content: str) -> dict[str, str]:
    place = tmp_path / "event.json"
    place.write_text(content)
    return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(place)}


@pytest.mark.parametrize("content", ["{", "[" * 100_000, ""])
def test_a_broken_event_is_one_sentence(story: Story, tmp_path: Path, content: str) -> None:
    with pytest.raises(CannotDecide, match="not readable JSON"):
        chosen(story.repo.path, environ_of(tmp_path, content))


@pytest.mark.parametrize("content", ["[]", '{"pull_request": 3}', '{"pull_request": null}'])
def test_an_odd_event_falls_back_to_the_default_branch(story: Story, tmp_path: Path, content: str) -> None:
    assert chosen(story.repo.path, environ_of(tmp_path, content)).base_sha == story.b


def test_shallow_clone_fetches_what_is_missing(story: Story, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    story.repo.git("branch", "-f", "merged", story.merge)
    story.repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    url = f"file://{story.repo.path}"
    subprocess.run(["git", "clone", "-q", "--depth=1", "--branch=merged", url, str(clone)], check=True)
    content = {"number": 7, "pull_request": {"base": {"sha": story.b}, "head": {"sha": story.c}}}
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": event(tmp_path, content),
        "GITHUB_REF": "refs/pull/7/merge",
    }
    with pytest.raises(CannotDecide, match="not in this clone") as without:
        chosen(clone, environ | {"GUARD_FETCH": "0"})
    assert without.value.todo == f"git fetch origin {story.b}"
    assert chosen(clone, environ).base_sha == story.b


def test_shallow_clone_deepens_to_the_merge_base(story: Story, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    url = f"file://{story.repo.path}"
    story.repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    subprocess.run(["git", "clone", "-q", "--depth=1", "--branch=topic", url, str(clone)], check=True)
    environ = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": story.b}
    assert chosen(clone, environ).base_sha == story.a


def test_a_deleted_base_names_the_command_that_brings_it(story: Story) -> None:
    with pytest.raises(CannotDecide) as fault:
        chosen(story.repo.path, base="1234567890123456789012345678901234567890")
    assert fault.value.todo == "git fetch origin 1234567890123456789012345678901234567890"
    with pytest.raises(CannotDecide, match="deleted-branch"):
        chosen(story.repo.path, base="deleted-branch")


def test_an_option_is_not_a_revision(story: Story) -> None:
    with pytest.raises(UsageError, match="is not a revision"):
        chosen(story.repo.path, base="--upload-pack=touch x")


def test_unborn_branch_is_one_sentence(make_repo: MakeRepo) -> None:
    with pytest.raises(CannotDecide, match="no commit yet"):
        chosen(make_repo("empty").path)


def test_base_equal_to_head_is_said(story: Story) -> None:
    assert chosen(story.repo.path, base=story.b, head=story.b).same
    assert not chosen(story.repo.path, base=story.b).same
