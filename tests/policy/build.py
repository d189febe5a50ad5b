"""Facts for tests of the judge, built with as few words as a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from guard.model import (
    Artifact,
    ArtifactDelta,
    Baseline,
    Finding,
    Function,
    FunctionChange,
    FunctionReport,
    Growth,
    Manifest,
    Maybe,
    MemorySetting,
    Sizes,
    Unknown,
    Waived,
    Where,
)
from guard.policy import Card, floor_of, judge, load_cards, prices_of
from guard.projection import project
from guard.settings import Settings
from guard.trees import FolderTree
from guard.units import MB, Bytes

TODAY = date(2026, 11, 23)
ADDRESS = "aws_lambda_function.orders"
NO_CHANGE = Growth(expected=MB(0), upper=MB(0), method="none")
NO_BASELINE = Unknown(reason="the baseline file does not have this function")


def function(memory: Maybe[int] = 128, *, address: str = ADDRESS, **settings: object) -> Function:
    place = Where(path="infra/main.tf", line=7)
    base = Function(
        address=address,
        root="infra",
        where=Where(path="infra/main.tf", line=1),
        name="orders",
        memory=MemorySetting(value=memory, origin="literal", where=place),
        timeout=30,
        runtime="python3.12",
        handler="app.handler",
    )
    return replace(base, **settings)  # type: ignore[arg-type]


def artifact(unpacked: Maybe[int] = 20_000_000, **facts: object) -> Artifact:
    sizes = unpacked if isinstance(unpacked, Unknown) else Bytes(unpacked)
    base = Artifact(
        manifest=Manifest(path="requirements.txt", how="source_path", reason="beside the handler"),
        distributions=(),
        sizes=Sizes(packed=sizes, unpacked=sizes, native=Bytes(0)),
        own_code=Bytes(1000),
        bytecode="valid",
    )
    return replace(base, **facts)  # type: ignore[arg-type]


def baseline(peak: float = 90, *, size: float = 128, censored: bool = False, **facts: object) -> Baseline:
    base = Baseline(
        function="orders",
        memory_size=MB(size),
        peak=MB(peak),
        p99=MB(peak),
        p50=MB(peak),
        cold_floor=MB(min(peak, 60)),
        environments=40,
        invocations=10_000,
        days=14,
        censored=censored,
        first="2026-11-09",
        last="2026-11-22",
        billed_seconds=5_000.0,
        p99_duration=1.5,
    )
    return replace(base, **facts)  # type: ignore[arg-type]


def grows(expected: float, upper: float | None = None) -> Growth:
    """Growth by these MB, brought by one distribution."""
    return Growth(
        expected=MB(expected),
        upper=MB(expected if upper is None else upper),
        method="predicted",
        attribution=(("confluent-kafka", MB(expected)),),
    )


def report(
    before: Function | None,
    after: Function | None,
    *,
    growth: Growth = NO_CHANGE,
    measured: Maybe[Baseline] = NO_BASELINE,
    touched: bool | None = None,
    settings: Settings | None = None,
    today: date = TODAY,
    artifacts: tuple[Artifact | None, Artifact | None] | None = None,
) -> FunctionReport:
    """One function's report, projected as ``guard check`` does it."""
    settings = settings or Settings()
    shown = after or before
    assert shown is not None
    first, second = artifacts or (artifact(), artifact())
    standing = "added" if before is None else "removed" if after is None else "changed"
    change = FunctionChange(
        address=shown.address,
        root=shown.root,
        standing=standing,  # type: ignore[arg-type]
        base=before,
        head=after,
        base_artifact=first if before else None,
        head_artifact=second if after else None,
        delta=ArtifactDelta(added={"confluent-kafka": "2.16.1"}) if growth.method != "none" else ArtifactDelta(),
    )
    cards = book(settings)
    projection = project(
        change,
        growth,
        measured,
        today=today,
        floor=floor_of(cards, settings, shown),
        prices=prices_of(settings),
    )
    moved = growth.method != "none" or before != after
    return FunctionReport(change=change, projection=projection, touched=moved if touched is None else touched)


def book(settings: Settings | None = None) -> tuple[Card, ...]:
    return load_cards(FolderTree(Path(__file__).parent / "no-settings"), settings or Settings(), today=TODAY)


def judged(
    *reports: FunctionReport, settings: Settings | None = None, today: date = TODAY
) -> tuple[tuple[Finding, ...], tuple[Waived, ...], tuple[str, ...]]:
    settings = settings or Settings()
    return judge(book(settings), reports, settings, today)


def rules(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """Rule, outcome, standing and severity of each finding."""
    return [(each.rule, each.outcome, each.standing, each.severity.value) for each in findings]


def blocking(findings: Sequence[Finding]) -> list[str]:
    return [each.rule for each in findings if each.blocks]
