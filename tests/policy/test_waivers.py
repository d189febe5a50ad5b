"""Waivers hide exactly their own findings, to the end of their last day, and never in silence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import UsageError
from guard.model import Where
from guard.policy import verdict
from guard.settings import Settings, Waiver
from tests.policy.build import ADDRESS, TODAY, baseline, book, function, grows, judged, report

OTHER = "aws_lambda_function.other"


def _waiver(rule: str = "projected-headroom", pattern: str = ADDRESS, days: int = 30) -> Waiver:
    return Waiver(
        rule=rule,
        function=pattern,
        reason="is replaced in spring",
        owner="team-a",
        expires=TODAY + timedelta(days=days),
        where=Where(path="guard.toml", line=3),
    )


def _red(address: str = ADDRESS) -> object:
    side = function(128, address=address, name=address.rsplit(".", 1)[-1])
    return report(side, side, growth=grows(30), measured=baseline(90))


def test_a_waived_finding_is_shown_with_reason_owner_and_days_left() -> None:
    settings = Settings(waivers=(_waiver(),))
    findings, waived, notes = judged(_red(), settings=settings)  # type: ignore[arg-type]
    assert findings == ()
    assert [(each.finding.rule, each.reason, each.owner, each.expires, each.days_left) for each in waived] == [
        ("projected-headroom", "is replaced in spring", "team-a", "2026-12-23", 30)
    ]
    assert notes == ()
    assert verdict(findings, settings=settings) == ("clean", 0)


@given(st.integers(-40, 200))
def test_it_holds_on_its_last_day_and_not_after(days: int) -> None:
    """A waiver expires at the end of its last day (UTC): inclusive, warned of for 14 days, loud when lapsed."""
    findings, waived, notes = judged(_red(), settings=Settings(waivers=(_waiver(days=days),)))  # type: ignore[arg-type]
    assert (len(findings), len(waived)) == ((0, 1) if days >= 0 else (1, 0))
    if days < 0:
        assert "1 finding count again" in notes[0]
        assert notes[0].startswith("LAPSED")
    elif days == 0:
        assert "today is its last day" in notes[0]
    elif days <= 14:
        assert f"{days} day" in notes[0]
    else:
        assert notes == ()


@given(
    rule=st.sampled_from(["projected-headroom", "saturated-baseline", "package-limit"]),
    pattern=st.sampled_from([ADDRESS, OTHER, "orders", "aws_lambda_function.*", "nothing-*"]),
)
def test_it_hides_exactly_its_own_finding(rule: str, pattern: str) -> None:
    """A waiver hides the findings of its rule for its functions, and no other."""
    reports = (_red(), _red(OTHER))
    settings = Settings(waivers=(_waiver(rule, pattern),))
    all_findings, _, _ = judged(*reports)  # type: ignore[arg-type]
    left, waived, notes = judged(*reports, settings=settings)  # type: ignore[arg-type]
    hidden = {(each.finding.rule, each.finding.address) for each in waived}
    names = {ADDRESS: {ADDRESS, "orders", "aws_lambda_function.*"}, OTHER: {OTHER, "aws_lambda_function.*"}}
    assert hidden == {(each.rule, each.address) for each in all_findings
                      if each.rule == rule and pattern in names[each.address]}  # fmt: skip
    assert {*left} == {each for each in all_findings if (each.rule, each.address) not in hidden}
    assert bool(hidden) is not any(note.startswith("unused: ") for note in notes)


def test_an_undecided_answer_can_be_waived() -> None:
    settings = Settings(waivers=(_waiver("no-baseline"),))
    side = function(128)
    findings, waived, _ = judged(report(side, side, growth=grows(30)), settings=settings)
    assert (len(findings), len(waived)) == (0, 1)


@pytest.mark.parametrize(
    ("waiver", "said"),
    [
        (_waiver("projected-headrom"), ("guard.toml:3: waiver of projected-headrom: there is no such rule; "
         "did you mean projected-headroom?")),
        (_waiver(days=400), ("guard.toml:3: waiver of projected-headroom: expires 2027-12-28, more than a year away; "
         "renew it then, if it is still right")),
    ],
)  # fmt: skip
def test_a_waiver_that_cannot_be(waiver: Waiver, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        book(Settings(waivers=(waiver,)))
    assert caught.value.faults == (said,)
    assert caught.value.exit_code == 2


def test_a_date_far_in_the_past_is_no_fault() -> None:
    settings = Settings(waivers=(Waiver(rule="package-limit", function="x", reason="r", owner="o", expires=date.min),))
    assert judged(settings=settings)[2][0].startswith("LAPSED on 0001-01-01")
