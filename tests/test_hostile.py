"""Hostile and broken repositories: one clear sentence, the right exit code, no traceback, nothing forged."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Mapping

import pytest

from guard.cli import main
from tests.conftest import GitRepo

MakeRepo = Callable[..., GitRepo]

FUNCTION = """
resource "aws_lambda_function" "api" {
  function_name = "api"
  filename      = "api.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/api"
  memory_size   = 256
}
"""
EVIL = "evil\\n::error file=x::forged\\u001b[31m](javascript:alert(1)) | `<script>` @everyone \\u202e"


class Outcome:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def all(self) -> str:
        return self.out + self.err


@pytest.fixture
def check(
    make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Commit ``base``, then ``head``, then run ``guard check`` on the two."""

    def run(base: Mapping[str, str | bytes | None], head: Mapping[str, str | bytes | None], *words: str) -> Outcome:
        repo = make_repo()
        repo.commit(base)
        repo.commit(head)
        monkeypatch.chdir(repo.path)
        capsys.readouterr()
        code = main(["check", "--base", "HEAD^", "--head", "HEAD", "--no-sizes", *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert "a fault of guard's own" not in said.err
        return Outcome(code, said.out, said.err)

    return run


def test_no_terraform_is_said_and_is_no_pass(check: Callable[..., Outcome]) -> None:
    outcome = check({"a.txt": "a"}, {"a.txt": "b"})
    assert outcome.code == 3
    assert "no Terraform" in outcome.all


def test_terraform_without_functions_is_clean_and_says_so(check: Callable[..., Outcome]) -> None:
    outcome = check({"main.tf": 'provider "aws" {}\n'}, {"main.tf": 'provider "aws" {\n}\n'})
    assert outcome.code == 0
    assert "no Lambda function" in outcome.all


def test_broken_hcl_is_undecided_with_file_and_line(check: Callable[..., Outcome]) -> None:
    outcome = check({"main.tf": FUNCTION}, {"main.tf": FUNCTION + "\nresource {{{\n"})
    assert outcome.code == 3
    assert "main.tf:1" in outcome.all


def test_a_broken_file_does_not_hide_the_others(check: Callable[..., Outcome]) -> None:
    base = {"main.tf": FUNCTION, "other/main.tf": FUNCTION.replace('"api"', '"other"')}
    outcome = check(base, {"main.tf": "resource {{{\n"}, "--all", "--format", "json")
    assert outcome.code == 3
    assert {row["address"] for row in json.loads(outcome.out)["functions"]} == {"aws_lambda_function.other"}


def test_cyclic_module_ends(check: Callable[..., Outcome]) -> None:
    module = 'module "self" {\n  source = "./"\n}\n'
    outcome = check({"main.tf": FUNCTION}, {"main.tf": FUNCTION + module})
    assert outcome.code == 3
    assert "module.self" in outcome.all


def test_a_50_mb_tf_file_is_refused_quickly(check: Callable[..., Outcome]) -> None:
    started = time.monotonic()
    outcome = check({"main.tf": FUNCTION}, {"big.tf": b"# " + b"x" * (50 * 2**20) + b"\n"})
    assert time.monotonic() - started < 60
    assert outcome.code == 3
    assert "big.tf" in outcome.all
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 2**20


@pytest.mark.parametrize("style", ["text", "json", "github", "markdown"])
def test_names_cannot_forge_anything(check: Callable[..., Outcome], style: str) -> None:
    evil = FUNCTION.replace('function_name = "api"', f'function_name = "{EVIL}"')
    outcome = check({"main.tf": evil}, {"main.tf": evil.replace("256", "128")}, "--format", style, "--all")
    assert outcome.code == 3
    lines = outcome.all.splitlines()
    assert not any(line.lstrip().startswith("::error file=x") for line in lines)
    assert "\x1b" not in outcome.all
    assert "\u202e" not in outcome.all
    if style == "markdown":
        assert "<script>" not in outcome.out
        assert "@everyone" not in outcome.out.replace("@\u200b", "")
    if style == "json":
        assert json.loads(outcome.out)["schema"] == "guard.report/1"


def test_broken_settings_are_exit_2_with_the_place(check: Callable[..., Outcome]) -> None:
    outcome = check({"main.tf": FUNCTION, "guard.toml": 'undecidde = "warn"\n'}, {"main.tf": FUNCTION + "\n"})
    assert outcome.code == 2
    assert "guard.toml" in outcome.err
    assert "undecided" in outcome.err


def test_a_broken_baseline_is_exit_2_with_the_line(check: Callable[..., Outcome]) -> None:
    base = {"main.tf": FUNCTION, ".guard/baselines.jsonl": "{not json\n"}
    outcome = check(base, {"main.tf": FUNCTION.replace("256", "128")})
    assert outcome.code == 2
    assert ".guard/baselines.jsonl:1" in outcome.err


PACKAGED = """
data "archive_file" "api" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/api.zip"
}
""" + FUNCTION.replace('"api.zip"', "data.archive_file.api.output_path")


@pytest.mark.parametrize(
    "lock",
    ["version = 1\n[[package]\n", "\x00\xff", 'version = 99\n[[package]]\nname = "x"\n', "[" * 50_000],
)
def test_a_broken_lock_is_undecided_with_its_place(check: Callable[..., Outcome], lock: str) -> None:
    good = 'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "api"\nversion = "0"\n'
    good += 'source = { virtual = "." }\n'
    project = '[project]\nname = "api"\nversion = "0"\nrequires-python = ">=3.12"\n'
    base = {"main.tf": PACKAGED, "src/app.py": "", "src/pyproject.toml": project, "src/uv.lock": good}
    outcome = check(base, {"src/uv.lock": lock})
    assert outcome.code == 3
    assert "src/uv.lock" in outcome.all
