"""Public layers that are known to run an extension: a process beside the handler that shares the function's memory."""

from __future__ import annotations

from guard.model import Artifact, Function, Maybe, Unknown

_LAYERS = (
    "lambdainsightsextension",  # CloudWatch Lambda Insights
    "aws-parameters-and-secrets-lambda-extension",
    "aws-appconfig-extension",
    "aws-otel-",  # ADOT layers contain a collector that runs as an extension
    "datadog-extension",
    "newreliclambdaextension",
    "newrelicpython",  # New Relic's language layers contain its extension
    "dynatrace_oneagent",
    "elastic-apm-extension",
    "honeycomb-lambda-extension",
    "coralogix-extension",
    "sumologic-extension",
    "thundra-lambda",
    "cloudwatchlambdaagent",
)
"""Beginnings of layer names, lower case, as their vendors publish them."""


def extension_count(function: Function, artifact: Artifact | None) -> Maybe[float]:
    """How many layers are known to run an extension: by their content where it is in the tree, else by their name."""
    if isinstance(function.layers, Unknown):
        return function.layers
    found = set(artifact.extensions if artifact is not None else ())
    for layer in function.layers:
        arn = layer.arn
        if isinstance(arn, str) and _name(arn).startswith(_LAYERS):
            found.add(arn)
    return float(len(found))


def _name(arn: str) -> str:
    """The layer's name in ``arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION``."""
    parts = arn.lower().split(":")
    return parts[6] if len(parts) > 6 else ""
