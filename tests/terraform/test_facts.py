"""Beside its settings: where a function's package and layers come from, and what invokes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from guard.model import Function, Unknown, Where
from tests.terraform.conftest import Plan

Planner = Callable[..., Plan]
FUNCTION = 'resource "aws_lambda_function" "f" {\n  function_name = "f"\n%s\n}\n'


def sources(function: Function) -> list[tuple[str, object, object]]:
    return [(source.kind, source.path, source.text) for source in function.sources]


ARCHIVE = """data "archive_file" "zip" {
  type        = "zip"
  %s = "${path.module}/%s"
  output_path = "${path.module}/build/f.zip"
}
"""


@pytest.mark.parametrize("block", ["data", "resource"])
def test_an_archive_file_is_found_behind_filename(plan: Planner, block: str) -> None:
    reference = "data.archive_file" if block == "data" else "archive_file"
    text = FUNCTION % f"  filename = local.zip\n}}\nlocals {{\n  zip = {reference}.zip.output_path"
    archive = (ARCHIVE % ("source_dir", "src")).replace("data", block, 1)
    found = plan({"infra/main.tf": text + archive, "infra/src/a.py": ""}, path="infra").only
    assert sources(found) == [("archive_file", "infra/src", None)]
    assert found.sources[0].where == Where(path="infra/main.tf", line=10)


def test_an_archive_file_is_found_by_the_path_it_writes(plan: Planner) -> None:
    text = FUNCTION % '  filename = "build/f.zip"' + ARCHIVE % ("source_file", "../shared/f.py")
    found = plan({"infra/main.tf": text, "shared/f.py": ""}, path="infra").only
    assert sources(found) == [("archive_file", "shared/f.py", None)]


def test_a_path_that_leaves_the_tree_is_unknown(plan: Planner) -> None:
    found = plan({"main.tf": FUNCTION % '  filename = "../../x.zip"'}).only
    assert isinstance(found.sources[0].path, Unknown)


def test_an_s3_object_and_its_source_are_both_told(plan: Planner) -> None:
    text = FUNCTION % '  s3_bucket = "b"\n  s3_key = aws_s3_object.o.key' + (
        'resource "aws_s3_object" "o" {\n  key = "k.zip"\n  source = data.archive_file.zip.output_path\n}\n'
    )
    found = plan({"main.tf": text + ARCHIVE % ("source_dir", "src")}).only
    assert sources(found) == [("s3", None, "b/k.zip"), ("archive_file", "src", None)]


def test_commands_of_the_same_module_are_told(plan: Planner) -> None:
    text = FUNCTION % '  filename = "f.zip"' + (
        'resource "null_resource" "b" {\n  provisioner "local-exec" {\n    command = "make ${path.module}/x"\n'
        '    working_dir = "src"\n  }\n}\n'
    )
    assert sources(plan({"main.tf": text}).only) == [("filename", "f.zip", "f.zip"), ("local_exec", "src", "make ./x")]


def test_layers_are_arns_or_addresses_with_their_own_sources(plan: Planner) -> None:
    text = FUNCTION % '  layers = [aws_lambda_layer_version.l.arn, "arn:aws:lambda:r:1:layer:x:1"]' + (
        'resource "aws_lambda_layer_version" "l" {\n  layer_name = "l"\n  filename = "l.zip"\n}\n'
    )
    layers = plan({"main.tf": text}).only.layers
    assert isinstance(layers, tuple)
    assert [(layer.address, layer.arn) for layer in layers] == [
        ("aws_lambda_layer_version.l", None),
        ("", "arn:aws:lambda:r:1:layer:x:1"),
    ]
    assert [(source.kind, source.path) for source in layers[0].sources] == [("layer_filename", "l.zip")]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ('event_source_arn = "arn:aws:sqs:r:1:q"', ("sqs", True, False)),
        ('event_source_arn = "arn:aws:sqs:r:1:q.fifo"', ("sqs", True, True)),
        ('event_source_arn = "arn:aws:kinesis:r:1:stream/s"', ("kinesis", True, True)),
        ('event_source_arn = "arn:aws:dynamodb:r:1:table/t/stream/x"', ("dynamodb", True, True)),
        ('event_source_arn = "arn:aws:mq:r:1:broker:b"\n  queues = ["q"]', ("mq", True, False)),
        ('event_source_arn = "arn:aws:kafka:r:1:cluster/c"\n  topics = ["t"]', ("kafka", True, True)),
        ('self_managed_event_source {\n    endpoints = {}\n  }\n  topics = ["t"]', ("kafka", True, True)),
        ("event_source_arn = aws_kinesis_stream.s.arn", ("kinesis", True, True)),
        ("event_source_arn = aws_msk_cluster.s.arn", ("kafka", True, True)),
    ],
)
def test_event_sources_are_known_by_block_reference_or_arn(
    plan: Planner, block: str, expected: tuple[str, bool, bool]
) -> None:
    head = 'resource "aws_lambda_event_source_mapping" "m" {\n  function_name = aws_lambda_function.f.arn\n  '
    mapping = f"{head}{block}\n}}\n"
    others = 'resource "aws_kinesis_stream" "s" {}\nresource "aws_msk_cluster" "s" {}\n'
    (trigger,) = plan({"main.tf": FUNCTION % "" + mapping + others}).only.triggers
    assert (trigger.kind, trigger.synchronous, trigger.ordered) == expected


def test_retries_and_destination_of_a_mapping(plan: Planner) -> None:
    mapping = """resource "aws_lambda_event_source_mapping" "m" {
  function_name          = aws_lambda_alias.live.arn
  event_source_arn       = "arn:aws:kinesis:r:1:stream/s"
  maximum_retry_attempts = 2
  destination_config {
    on_failure {
      destination_arn = "x"
    }
  }
}
resource "aws_lambda_alias" "live" {
  function_name = aws_lambda_function.f.function_name
}
"""
    (trigger,) = plan({"main.tf": FUNCTION % "" + mapping}).only.triggers
    assert (trigger.retries, trigger.has_failure_destination) == (2, True)


@pytest.mark.parametrize(
    ("principal", "kind", "synchronous"),
    [
        ("s3.amazonaws.com", "s3", False),
        ("sns.amazonaws.com", "sns", False),
        ("events.amazonaws.com", "schedule", False),
        ("apigateway.amazonaws.com", "api", True),
        ("logs.eu-west-1.amazonaws.com", "logs", False),
        ("cognito-idp.amazonaws.com", "other", False),
    ],
)
def test_permissions_tell_who_invokes(plan: Planner, principal: str, kind: str, synchronous: bool) -> None:
    text = FUNCTION % "" + (
        f'resource "aws_lambda_permission" "p" {{\n  function_name = "f"\n  principal = "{principal}"\n}}\n'
    )
    (trigger,) = plan({"main.tf": text}).only.triggers
    assert (trigger.kind, trigger.synchronous) == (kind, synchronous)


def test_triggers_of_one_instance_are_not_those_of_another(plan: Planner) -> None:
    text = FUNCTION % '  for_each = toset(["a", "b"])' + (
        'resource "aws_lambda_permission" "p" {\n  function_name = aws_lambda_function.f["a"].function_name\n'
        '  principal = "s3.amazonaws.com"\n}\n'
    )
    found = plan({"main.tf": text.replace('function_name = "f"', "function_name = each.key")})
    assert [len(found[f'aws_lambda_function.f["{key}"]'].triggers) for key in "ab"] == [1, 0]


def test_asynchronous_failures_go_somewhere(plan: Planner) -> None:
    config = """resource "aws_lambda_function_event_invoke_config" "c" {
  function_name = aws_lambda_function.f.function_name
  destination_config {
    on_failure {
      destination = "x"
    }
  }
}
"""
    assert plan({"main.tf": FUNCTION % "" + config}).only.async_destination
    assert plan({"main.tf": FUNCTION % '  dead_letter_config {\n    target_arn = "x"\n  }'}).only.async_destination
    assert not plan({"main.tf": FUNCTION % ""}).only.async_destination


def test_logging_storage_and_concurrency(plan: Planner) -> None:
    text = (
        FUNCTION
        % """  reserved_concurrent_executions = 5
  publish = true
  logging_config {
    log_format       = "JSON"
    system_log_level = "WARN"
    log_group        = "/x"
  }
  dynamic "ephemeral_storage" {
    for_each = [2048]
    content {
      size = ephemeral_storage.value
    }
  }
  snap_start {
    apply_on = "PublishedVersions"
  }"""
    )
    found = plan({"main.tf": text}).only
    assert (found.log_format, found.system_log_level, found.log_group) == ("JSON", "WARN", "/x")
    assert (found.ephemeral_storage, found.concurrency, found.publish, found.snap_start) == (2048, 5, True, True)
