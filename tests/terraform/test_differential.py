"""Random expressions, read by guard and by ``terraform console``; more of them in ``bench/terraform_fuzz.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.fuzz import UNKNOWN, Generator, ask_guard, ask_terraform, terraform


@pytest.mark.skipif(terraform() is None, reason="the terraform binary is not installed")
def test_guard_never_disagrees_with_terraform(tmp_path: Path) -> None:
    """A known value is Terraform's value, and what Terraform refuses has none."""
    generator = Generator(20261123)
    expressions = [generator.expression() for _ in range(200)]
    said = ask_terraform(expressions, tmp_path)
    mine = [ask_guard(text, tmp_path) for text in expressions]
    rows = zip(expressions, said, mine, strict=True)
    assert [row for row in rows if row[1] != row[2] and not row[2].startswith(UNKNOWN)] == []
    assert sum(answer.startswith(UNKNOWN) for answer in mine) < 20
