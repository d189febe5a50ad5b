"""Properties of judgement that hold for all facts, not only for those a test thought of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.model import Baseline, Finding, FunctionReport, Growth, Maybe, Severity, Unknown
from guard.policy import verdict
from guard.settings import Settings
from guard.units import MB
from tests.policy.build import NO_BASELINE, NO_CHANGE, artifact, baseline, function, judged, report

MEMORY = st.integers(128, 3008)
GROWTH = st.floats(-60, 200).map(lambda mb: round(mb, 2))
SPREAD = st.floats(0, 60).map(lambda mb: round(mb, 2))
RUNS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _growth(expected: float, spread: float) -> Growth:
    return Growth(expected=MB(expected), upper=MB(expected + spread), method="predicted")


@st.composite
def baselines(draw: st.DrawFn) -> Maybe[Baseline]:
    if draw(st.integers(0, 5)) == 0:
        return NO_BASELINE
    size = draw(MEMORY)
    censored = draw(st.booleans())
    peak = size if censored else draw(st.integers(40, size - 2))
    return baseline(
        peak,
        size=size,
        censored=censored,
        environments=draw(st.integers(1, 60)),
        invocations=draw(st.integers(1, 5000)),
        days=draw(st.integers(1, 14)),
    )


def _errors(found: FunctionReport) -> set[str]:
    """The rules that answer as an error or are undecided, by the change's doing."""
    findings, _, _ = judged(found)
    return {each.rule for each in findings if each.severity is Severity.ERROR and _own(each)}


def _rules(found: FunctionReport) -> set[str]:
    """All rules that answer, but for notices: "oversized" is about too much memory."""
    findings, _, _ = judged(found)
    return {each.rule for each in findings if each.severity is not Severity.NOTICE and _own(each)}


def _own(finding: Finding) -> bool:
    return finding.standing in {"introduced", "worsened"}


@RUNS
@given(before=MEMORY, after=MEMORY, more=st.integers(0, 2000), measured=baselines(), growth=GROWTH, spread=SPREAD)
def test_memory(before: int, after: int, more: int, measured: Maybe[Baseline], growth: float, spread: float) -> None:
    """More memory never adds a finding."""
    grown = _growth(growth, spread)
    small = _errors(report(function(before), function(after), growth=grown, measured=measured))
    large = _errors(report(function(before), function(after + more), growth=grown, measured=measured))
    assert large <= small
    small = _rules(report(function(before), function(after), growth=grown, measured=measured))
    large = _rules(report(function(before), function(after + more), growth=grown, measured=measured))
    assert large <= small


@RUNS
@given(size=MEMORY, measured=baselines(), growth=GROWTH, spread=SPREAD, more=st.floats(0, 100), wider=SPREAD)
def test_growth(size: int, measured: Maybe[Baseline], growth: float, spread: float, more: float, wider: float) -> None:
    """More bytes never raise headroom, and more growth never removes a finding."""
    light = report(function(size), function(size), growth=_growth(growth, spread), measured=measured)
    heavy = report(function(size), function(size), growth=_growth(growth + more, spread + wider), measured=measured)
    for name in ("headroom", "headroom_upper", "assumed_headroom"):
        left, right = light.projection.after[name], heavy.projection.after[name]
        assert isinstance(left, Unknown) is isinstance(right, Unknown)
        if not isinstance(left, Unknown) and not isinstance(right, Unknown):
            assert right <= left
    assert _errors(light) <= _errors(heavy)


@RUNS
@given(size=MEMORY, peak=st.integers(40, 3000), more=st.integers(0, 500), growth=GROWTH, spread=SPREAD)
def test_baseline(size: int, peak: int, more: int, growth: float, spread: float) -> None:
    """A higher peak never removes what is wrong with a function, whoever brought it about."""
    grown = _growth(growth, spread)

    def wrong(height: int) -> bool:
        measured = baseline(height, size=4000)
        findings, _, _ = judged(report(function(size), function(size), growth=grown, measured=measured))
        return any(each.severity is Severity.ERROR for each in findings)

    assert wrong(peak) <= wrong(peak + more)


@RUNS
@given(size=st.one_of(MEMORY, st.just(None)), measured=baselines(), unpacked=st.integers(0, 400_000_000))
def test_equal_sides(size: int | None, measured: Maybe[Baseline], unpacked: int) -> None:
    """Two trees with equal facts give no finding of their own, however bad the facts are."""
    side = function(Unknown(reason="no value") if size is None else size)
    package = artifact(unpacked)
    findings, _, _ = judged(
        report(side, side, growth=NO_CHANGE, measured=measured, touched=True, artifacts=(package, package))
    )
    assert not [each for each in findings if _own(each)]
    assert verdict(findings, settings=Settings()) == ("clean", 0)


@RUNS
@given(measured=st.lists(baselines(), min_size=2, max_size=5), seed=st.randoms(use_true_random=False), growth=GROWTH)
def test_order(measured: list[Maybe[Baseline]], seed: object, growth: float) -> None:
    """The order in which functions come never matters."""
    reports = [
        report(
            function(256, address=f"aws_lambda_function.f{index}"),
            function(200, address=f"aws_lambda_function.f{index}"),
            growth=_growth(growth, 3),
            measured=row,
        )
        for index, row in enumerate(measured)
    ]
    shuffled = list(reports)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judged(*reports) == judged(*shuffled)


@RUNS
@given(before=MEMORY, after=MEMORY, measured=baselines(), growth=GROWTH, spread=SPREAD)
def test_fix(before: int, after: int, measured: Maybe[Baseline], growth: float, spread: float) -> None:
    """The recommended memory cures every finding that memory can cure."""
    grown = _growth(growth, spread)
    first = report(function(before), function(after), growth=grown, measured=measured)
    findings, _, _ = judged(first)
    for finding in findings:
        if finding.blocks and finding.outcome == "fires":
            assert finding.fix is not None
            assert finding.fix.memory is not None
            cured = report(function(before), function(int(finding.fix.memory)), growth=grown, measured=measured)
            assert not [each for each in judged(cured)[0] if each.blocks and each.outcome == "fires"]
            assert finding.fix.memory % 16 == 0


def test_a_worse_quantity_never_lowers_the_severity() -> None:
    """Severity only rises with worse quantities: quiet, then a warning, then an error."""
    weight = {None: 0, Severity.NOTICE: 1, Severity.WARNING: 2, Severity.ERROR: 3}
    seen = []
    for growth in range(0, 60, 2):
        one = report(function(128), function(128), growth=_growth(growth, 10), measured=baseline(70))
        headroom = [each for each in judged(one)[0] if each.rule == "projected-headroom"]
        seen.append(weight[headroom[0].severity if headroom else None])
    assert seen == sorted(seen)
    assert set(seen) == {0, 2, 3}


def test_equal_reports_are_equal() -> None:
    """Judging is a function of its input: nothing is kept from one run to the next."""
    one = report(function(128), function(128), growth=_growth(30, 5), measured=baseline(90))
    assert judged(one) == judged(replace(one))
