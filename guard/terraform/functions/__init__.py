"""Terraform's standard functions."""

from guard.terraform.functions import (
    collections,
    dates,
    encoding,
    formatting,
    hashing,
    networks,
    numeric,
    regexes,
    sets,
    strings,
    types,
)  # fmt: skip
from guard.terraform.functions.library import Library
from guard.terraform.functions.registry import FUNCTIONS

__all__ = [
    "FUNCTIONS", "Library", "collections", "dates", "encoding", "formatting", "hashing", "networks", "numeric",
    "regexes", "sets", "strings",
    "types",
]  # fmt: skip
