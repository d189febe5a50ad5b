"""``terragrunt.hcl`` beside a root module gives its variables values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from guard.model import Unknown, Where
from tests.terraform.conftest import Plan

Planner = Callable[..., Plan]
INCLUDE = 'include "root" {\n  path = find_in_parent_folders()\n}\n'
MAIN = """resource "aws_lambda_function" "f" {
  function_name = "f"
  memory_size   = var.memory
  timeout       = var.timeout
}
variable "memory" {
  default = 128
}
variable "timeout" {
  default = 3
}
"""


def test_inputs_are_values_of_variables_below_those_of_tfvars(plan: Planner) -> None:
    files = {
        "live/main.tf": MAIN,
        "live/terragrunt.hcl": "locals {\n  m = 256\n}\ninputs = {\n  memory = local.m * 2\n}\n",
    }
    found = plan(files, path="live").only
    assert (found.memory.value, found.timeout) == (512, 3)
    assert (found.memory.origin, found.memory.where) == ("tfvars", Where(path="live/terragrunt.hcl", line=5))
    assert plan({**files, "live/terraform.tfvars": "memory = 640\n"}, path="live").only.memory.value == 640


@pytest.mark.parametrize("name", ["terragrunt.hcl", "root.hcl"])
def test_the_included_parent_gives_what_the_file_itself_does_not(plan: Planner, name: str) -> None:
    files = {
        "live/x/main.tf": MAIN,
        "live/x/terragrunt.hcl": INCLUDE + "inputs = {\n  memory = 256\n}\n",
        f"live/{name}": "inputs = {\n  memory = 1024\n  timeout = 30\n}\n",
    }
    found = plan(files, path="live/x").only
    assert (found.memory.value, found.timeout) == (256, 30)


def test_what_an_include_could_give_is_unknown_where_it_is_not_followed(plan: Planner) -> None:
    text = 'include {\n  path = "${get_parent_terragrunt_dir()}/x.hcl"\n}\ninputs = {\n  memory = 256\n}\n'
    found = plan({"main.tf": MAIN, "terragrunt.hcl": text}).only
    assert found.memory.value == 256
    assert isinstance(found.timeout, Unknown)


@pytest.mark.parametrize("value", ["dependency.x.outputs.m", 'get_env("M", 256)', "include.root.locals.m", 'file("m")'])
def test_what_terragrunt_resolves_is_unknown_with_the_reason(plan: Planner, value: str) -> None:
    text = f"inputs = {{\n  memory = {value}\n  timeout = 9\n}}\n"
    found = plan({"main.tf": MAIN, "terragrunt.hcl": text}).only
    assert isinstance(found.memory.value, Unknown) and "Terragrunt" in found.memory.value.reason
    assert found.timeout == 9


def test_a_broken_file_leaves_every_variable_unknown(plan: Planner) -> None:
    assert isinstance(plan({"main.tf": MAIN, "terragrunt.hcl": "inputs = {{\n"}).only.memory.value, Unknown)
