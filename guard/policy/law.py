"""Changes to the law itself: settings, cards, waivers and the baselines a change brings along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date

from guard.errors import UsageError
from guard.model import LawChange
from guard.policy.book import card_files, load_cards
from guard.settings import Settings, Waiver, load, settings_path
from guard.trees.protocol import Tree, TreeFault

_MAX_CHANGES = 200


def law_changes(base: Tree, head: Tree, settings: Settings, *, today: date) -> tuple[LawChange, ...]:
    """What a change does to the law, sorted; ``settings`` are the base's. Nothing of it applies to this change.

    A law that would be refused after the merge is one of the changes, with its faults.
    """
    found: list[LawChange] = []
    old, new = settings_path(base), settings_path(head)
    try:
        later: Settings | None = load(head)
    except UsageError as wrong:
        later = None
        found.append(_faulty("settings", new or "", wrong))
    if later is not None:
        found.extend(_settings_changes(settings, later, new or old or ""))
        try:
            load_cards(head, later, today=today)
        except UsageError as wrong:
            found.append(_faulty("rules or their settings", new or "", wrong))
    folders = set(settings.rule_folders) | set(later.rule_folders if later else ())
    cards = {path for tree in (base, head) for path in card_files(tree, sorted(folders), [])}
    baselines = {settings.baseline} | ({later.baseline} if later else set())
    for path in sorted(cards):
        found.extend(_file_change(base, head, path, "the rule card"))
    for path in sorted(baselines):
        if not path.startswith("s3://"):
            found.extend(_file_change(base, head, path, "the baseline file"))
    return tuple(sorted(found, key=lambda change: (change.path, change.what))[:_MAX_CHANGES])


def _faulty(what: str, path: str, wrong: UsageError) -> LawChange:
    faults = "; ".join(wrong.faults or (str(wrong),))
    return LawChange(path=path, what=f"after this change the {what} would be refused: {faults}"[:600])


def _settings_changes(before: Settings, after: Settings, path: str) -> Iterable[LawChange]:
    if before.path != after.path:
        there = after.path or "nowhere (the defaults hold)"
        yield LawChange(path=path, what=f"settings move from {before.path or 'the defaults'} to {there}")
    for field in fields(Settings):
        name = field.name
        old, new = getattr(before, name), getattr(after, name)
        if name in {"path", "waivers", "functions", "rules"} or old == new:
            continue
        yield LawChange(path=path, what=f"{name} changes from {_short(old)} to {_short(new)}")
    for name in sorted({*before.rules, *after.rules}):
        rule, later = before.rules.get(name), after.rules.get(name)
        was = (rule.severity, dict(rule.limits)) if rule else (None, {})
        now = (later.severity, dict(later.limits)) if later else (None, {})
        for what, left, right in (("severity", was[0], now[0]), *_pairs(was[1], now[1])):
            if left != right:
                yield LawChange(path=path, what=f"rules.{name}.{what} changes from {_short(left)} to {_short(right)}")
    yield from _waiver_changes(before.waivers, after.waivers, path)
    olds, news = ({(hint.function, _plain_hint(hint)) for hint in settings.functions} for settings in (before, after))
    for function, _ in sorted(olds ^ news):
        yield LawChange(path=path, what=f"what is said of functions {function} changes")


def _pairs(old: Mapping[str, object], new: Mapping[str, object]) -> list[tuple[str, object, object]]:
    return [(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]


def _waiver_changes(before: tuple[Waiver, ...], after: tuple[Waiver, ...], path: str) -> Iterable[LawChange]:
    olds, news = ({_key(waiver) for waiver in waivers} for waivers in (before, after))
    for words, keys in (("is added; it holds from the next change on", news - olds), ("is removed", olds - news)):
        for rule, function, owner, expires, _ in sorted(keys):
            yield LawChange(
                path=path, what=f"the waiver of {rule} for {function} (owner {owner}, until {expires}) {words}"
            )


def _key(waiver: Waiver) -> tuple[str, str, str, str, str]:
    return waiver.rule, waiver.function, waiver.owner, waiver.expires.isoformat(), waiver.reason


def _plain_hint(hint: object) -> str:
    return ", ".join(
        f"{name}={getattr(hint, name)}" for name in sorted(getattr(type(hint), "__slots__", ())) if name != "where"
    )


def _file_change(base: Tree, head: Tree, path: str, what: str) -> Iterable[LawChange]:
    old, new = _content(base, path), _content(head, path)
    if old == new:
        return
    words = "is added" if old is None else "is removed" if new is None else "is changed"
    yield LawChange(path=path, what=f"{what} {words}; this change is judged by the base commit's")


def _content(tree: Tree, path: str) -> str | None:
    try:
        return tree.key(path)
    except TreeFault:
        return None


def _short(value: object) -> str:
    value = getattr(value, "value", value) if not hasattr(value, "unit") else value
    return "the default" if value is None else str(value)[:120]
