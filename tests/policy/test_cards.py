"""A bad card is refused with its line, whichever way it is bad."""

from __future__ import annotations

import time

import pytest

from guard.errors import UsageError
from guard.policy import parse_card
from guard.policy.cards import MAX_CLAUSES
from guard.units import Quantity, Unit

GOOD = """\
id = "own-rule"
severity = "error"
summary = "Too little is left"
when = [
    "has_baseline == 1",
    "headroom < limit",
]
worse = "headroom falls by noise"
message = "{headroom} of {memory_size} is left for {function}, {before_headroom} was; {limit} is needed."
why = "Because."
fix = "memory_size = {recommended}"

[limits]
limit = "20 MB"
noise = "1 MB"

[[examples]]
name = "little"
gives = "error"
after = { has_baseline = 1, headroom = "3 MB" }

[[examples]]
name = "much"
gives = "quiet"
after = { has_baseline = 1, headroom = "300 MB" }
"""


def _faults(text: str, path: str = "rules/own-rule.toml") -> list[str]:
    with pytest.raises(UsageError) as caught:
        parse_card(text.encode("utf-8", "surrogateescape"), path)
    assert caught.value.exit_code == 2
    return list(caught.value.faults) or [str(caught.value)]


def test_a_good_card() -> None:
    card = parse_card(GOOD.encode(), "rules/own-rule.toml")
    assert card.limits == {"limit": Quantity(value=20, unit=Unit.MB), "noise": Quantity(value=1, unit=Unit.MB)}
    assert [clause.text for clause in card.levels[0].when] == ["has_baseline == 1", "headroom < limit"]


BAD = [
    (
        '"headroom < limit"',
        '"headroom < limit", "headroom_share < 10"',
        "when[2]: 'headroom_share < 10' compares the share headroom_share with a bare number; put it in limits, with %",
    ),
    (
        '"headroom < limit"',
        '"headroom < limit", "headroom_share < days"',
        "own-rule.toml:6: when[2]: 'headroom_share < days' compares the share headroom_share with the count days",
    ),
    (
        '"headroom < limit"',
        '"headrom < limit"',
        ("own-rule.toml:6: when[1]: 'headrom < limit' uses the unknown name headrom; did you mean headroom?"),
    ),
    (
        '"headroom < limit"',
        '"headroom < 20"',
        (
            "own-rule.toml:6: when[1]: 'headroom < 20' compares MB and a plain "
            "number; a number with a unit belongs in the card's limits"
        ),
    ),
    (
        '"headroom < limit"',
        '"headroom < timeout"',
        (
            "own-rule.toml:6: when[1]: 'headroom < timeout' compares MB and s; "
            "a number with a unit belongs in the card's limits"
        ),
    ),
    (
        '"headroom < limit"',
        '"headroom + timeout < limit"',
        (
            "own-rule.toml:6: when[1]: 'headroom + timeout < limit' "
            "adds MB and s; a number with a unit belongs in the card's limits"
        ),
    ),
    (
        '"headroom < limit"',
        '"0 < headroom < limit"',
        ("own-rule.toml:6: when[1]: '0 < headroom < limit' compares more than once; write two clauses"),
    ),
    (
        '"headroom < limit"',
        '"headroom < limit or headroom > 0"',
        (
            "own-rule.toml:6: when[1]: 'headroom < limit or "
            'headroom > 0\' is not a comparison; all clauses of "when" must hold, and "or" is two cards'
        ),
    ),
    (
        '"headroom < limit"',
        '"headroom < __import__(limit)"',
        (
            "own-rule.toml:6: when[1]: 'headroom < "
            "__import__(limit)' uses a call, which is not in the language (+ - * / min max and comparison)"
        ),
    ),
    (
        '"headroom < limit"',
        '"headroom.real < limit"',
        (
            "own-rule.toml:6: when[1]: 'headroom.real < limit' uses a dot, "
            "which is not in the language (+ - * / min max and comparison)"
        ),
    ),
    (
        '"headroom < limit"',
        '"headroom ** 2 < limit"',
        (
            "own-rule.toml:6: when[1]: 'headroom ** 2 < limit' uses "
            "something, which is not in the language (+ - * / min max and comparison)"
        ),
    ),
    (
        '"headroom < limit"',
        "\"headroom < 'limit'\"",
        (
            "own-rule.toml:6: when[1]: \"headroom < 'limit'\" uses a text, "
            "which is not in the language (+ - * / min max and comparison)"
        ),
    ),
    (
        '"headroom < limit"',
        '"headroom < "',
        ("own-rule.toml:6: when[1]: 'headroom < ' is not a comparison such as headroom < floor"),
    ),
    (
        '"headroom < limit"',
        '"headroom in limit"',
        ("own-rule.toml:6: when[1]: 'headroom in limit' compares with a word; use < <= > >= == or !="),
    ),
    (
        '"headroom < limit"',
        '"1 < 2", "headroom < limit"',
        ("own-rule.toml:6: when[1]: '1 < 2' compares nothing but numbers"),
    ),
    (
        '"has_baseline == 1"',
        '"has_baseline == 2"',
        ("own-rule.toml:5: when[0]: 'has_baseline == 2' compares a flag with something other than 0 or 1"),
    ),
    (
        '"has_baseline == 1"',
        '"has_baseline == True"',
        ("own-rule.toml:5: when[0]: 'has_baseline == True' uses True or False; flags are 0 or 1"),
    ),
    (
        '"has_baseline == 1"',
        '"has_baseline + 1 == 2"',
        ("own-rule.toml:5: when[0]: 'has_baseline + 1 == 2' calculates with a flag; compare it with 0 or 1"),
    ),
    ('"has_baseline == 1"', "3", "own-rule.toml:4: when[0]: must be a text in quotes, not a number"),
    ('limit = "20 MB"', 'limit = "20 MB"\nspare = "1 MB"', "own-rule.toml:15: limits.spare: is used by no clause"),
    (
        'limit = "20 MB"',
        'limit = "20 MiB"',
        (
            "own-rule.toml:14: limits.limit: '20 MiB' is not a number with a unit (B, "
            "KB, MB, GB, ms, s, min, h, day, days, %, USD, or none for a count)"
        ),
    ),
    (
        'limit = "20 MB"',
        'limit = "20 MB"\nheadroom = "1 MB"',
        ("own-rule.toml:15: limits.headroom: has the name of a quantity or a word of the language"),
    ),
    (
        "{headroom} of",
        "{headrom} of",
        ("own-rule.toml:9: message: has the unknown placeholder {headrom}; did you mean headroom?"),
    ),
    (
        "{headroom} of",
        "{headroom.real} of",
        ("own-rule.toml:9: message: has the unknown placeholder {headroom.real}; did you mean headroom?"),
    ),
    (
        "{headroom} of",
        "{headroom:>900} of",
        ("own-rule.toml:9: message: formats {headroom}; units decide how a value is printed"),
    ),
    ("{headroom} of", "{headroom of", "own-rule.toml:9: message: has an unpaired brace"),
    ("memory_size = {recommended}", "{nothing}", "own-rule.toml:11: fix: has the unknown placeholder {nothing}"),
    (
        "headroom falls by noise",
        "headroom gets worse",
        ('own-rule.toml:8: worse: must read "quantity rises", "quantity falls" or "... by limit"'),
    ),
    (
        "headroom falls by noise",
        "headrom falls by noise",
        ("own-rule.toml:8: worse: names the unknown quantity headrom; did you mean headroom?"),
    ),
    (
        "headroom falls by noise",
        "headroom falls by nois",
        ("own-rule.toml:8: worse: names the unknown limit nois; did you mean noise?"),
    ),
    (
        'severity = "error"',
        'severity = "fatal"',
        ('own-rule.toml:2: severity: must be one of "error", "warning", "notice", "off"'),
    ),
    ('severity = "error"\n', "", "rules/own-rule.toml: severity: is missing"),
    ('id = "own-rule"', 'id = "other-rule"', "own-rule.toml:1: id: must be the file's name, own-rule"),
    ('id = "own-rule"', 'id = "Own Rule"', "own-rule.toml:1: id: must be lower-case words joined by hyphens"),
    (
        'why = "Because."',
        'why = "Because."\nwhen_not = []',
        ("own-rule.toml:11: when_not: is no key here; did you mean when?"),
    ),
    ('why = "Because."', 'why = ""', "own-rule.toml:10: why: must not be empty"),
    (
        'gives = "quiet"',
        'gives = "error"',
        ("own-rule.toml:17: examples: must hold one that fires and one that stays quiet"),
    ),
    (
        'headroom = "300 MB"',
        'headrom = "300 MB"',
        ("own-rule.toml:25: examples[1].after.headrom: is no quantity; did you mean headroom?"),
    ),
    (
        'headroom = "300 MB"',
        'headroom = "300 s"',
        ("own-rule.toml:25: examples[1].after.headroom: is in seconds, but must be in MB"),
    ),
    (
        "[limits]",
        "raises = true\n[limits]",
        ("own-rule.toml:13: raises: needs alongside: the cards whose severity it raises"),
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD, ids=[new[:40] for _, new, _ in BAD])
def test_a_bad_card(old: str, new: str, said: str) -> None:
    assert GOOD.count(old) == 1
    faults = _faults(GOOD.replace(old, new))
    assert any(said in fault for fault in faults), faults


def test_all_faults_of_a_card_are_shown_together() -> None:
    text = GOOD.replace("headroom < limit", "headrom < limit").replace('"error"', '"fatal"', 1).replace("Because.", "")
    faults = _faults(text)
    assert [fault.split(": ")[1] for fault in faults] == ["severity", "when[1]", "why", "limits.limit"]


def test_thousands_of_clauses_are_refused_at_once() -> None:
    clauses = ", ".join(['"headroom < limit"'] * 9_000)
    started = time.monotonic()
    faults = _faults(GOOD.replace('"headroom < limit"', clauses))
    assert any(f"has 9,001 clauses; {MAX_CLAUSES} are the most" in fault for fault in faults)
    faults = _faults(GOOD.replace('"headroom < limit"', ", ".join(["'0 < headroom'"] * 11_000)))
    assert any("when: has more than 10,000 elements" in fault for fault in faults)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "clause",
    [
        "min(0, " * 60 + "headroom" + ")" * 60 + " < limit",
        "-" * 400 + "headroom < limit",
        "+".join(["headroom"] * 50) + " < limit",
        "headroom < " + "1" * 490,
        "headroom < " + "9" * 5000,
        "headroom <" + " " * 600 + "limit",
        "headroom * 1e308 * 1e308 < limit",
    ],
    ids=["calls", "signs", "sums", "digits", "more digits", "spaces", "infinity"],
)
def test_a_deep_or_huge_clause_is_refused(clause: str) -> None:
    faults = _faults(GOOD.replace("headroom < limit", clause))
    assert any("when[1]" in fault for fault in faults)


def test_a_deep_document_and_a_huge_one_are_refused() -> None:
    assert "nests too deeply" in _faults("a = " + "[" * 50_000)[0]
    assert "is larger than" in _faults("#" * 300_000)[0]
    assert "is not UTF-8" in _faults("a = '\udcff'")[0]
