"""One line or manifest that touches many functions lists them all, least headroom first."""

from __future__ import annotations

from guard.model import FunctionReport, Trigger
from guard.policy.radius import blast_radius
from tests.policy.build import baseline, function, grows, report


def _report(index: int, peak: float, *, censored: bool = False, ordered: bool = False) -> FunctionReport:
    trigger = Trigger(kind="kafka", address="m", synchronous=True, ordered=True)
    side = function(
        256, address=f"aws_lambda_function.f{index}", name=f"f{index}", triggers=(trigger,) if ordered else ()
    )
    return report(side, side, growth=grows(5), measured=baseline(peak, size=256, censored=censored))


def test_a_shared_manifest() -> None:
    reports = [_report(1, 100), _report(2, 255, censored=True, ordered=True), _report(3, 200)]
    assert " | ".join(str(each) for each in blast_radius(reports)) == (
        "requirements.txt (manifest) touches 3 functions: f2 (headroom unknown, blocks its kafka partition); "
        "f3 (headroom 51 MB); f1 (headroom 151 MB)"
    )


def test_a_shared_default_of_memory() -> None:
    reports = [
        report(
            function(512, address=f"module.m[{index}].aws_lambda_function.this"),
            function(256, address=f"module.m[{index}].aws_lambda_function.this"),
            measured=baseline(100 + index, size=512),
        )
        for index in range(49)
    ]
    found = blast_radius(reports)
    assert [(each.place, each.what, len(each.functions)) for each in found] == [
        ("infra/main.tf:7", "memory_size by literal", 49)
    ]
    assert next(each.change.address for each in found[0].functions) == "module.m[48].aws_lambda_function.this"


def test_one_function_is_no_radius() -> None:
    assert blast_radius([_report(1, 100)]) == ()
