"""The cards in force: those shipped with guard and those of the folders that the base commit's settings name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

import guard
from guard.errors import UsageError
from guard.model import Function, Severity, Where, known
from guard.policy.cards import MAX_CARD_BYTES, Card, parse_card
from guard.policy.sides import given
from guard.projection import Floor, Prices, shipped_prices
from guard.settings import Settings
from guard.settings.reader import name_of, nearest
from guard.trees.protocol import Tree, TreeFault
from guard.units import Quantity, Unit

MAX_CARDS = 500
LONGEST_WAIVER = timedelta(days=366)
FLOOR_CARD = "projected-headroom"
COLD_CARD = "new-function-floor"


def shipped_folder() -> Traversable:
    """Where the shipped cards are: ``guard/rules`` in a wheel, ``rules`` beside ``guard`` in a checkout."""
    packaged = resources.files("guard") / "rules"
    if packaged.is_dir():
        return packaged
    beside = Path(guard.__file__).resolve().parent.parent / "rules"
    if beside.is_dir():
        return beside
    raise UsageError("this installation of guard has no rules", todo="install headroom-guard again")


@cache
def shipped_cards() -> tuple[Card, ...]:
    """The cards that come with guard, by id. Raises :class:`UsageError` where one of them is faulty."""
    files = sorted(
        (file for file in shipped_folder().iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return tuple(parse_card(file.read_bytes(), f"rules/{file.name}") for file in files)


def load_cards(tree: Tree, settings: Settings, *, today: date) -> tuple[Card, ...]:
    """The cards in force under these settings, by id; ``tree`` is the base commit's.

    Raises :class:`UsageError` with every fault of a card, and for settings that name a rule, limit or waiver that
    cannot be.
    """
    cards = {card.id: card for card in shipped_cards()}
    faults: list[str] = []
    for path in card_files(tree, settings.rule_folders, faults):
        try:
            card = parse_card(tree.read(path, limit=MAX_CARD_BYTES), path)
        except TreeFault as fault:
            faults.append(f"{path}: {fault.reason}")
            continue
        except UsageError as wrong:
            faults.extend(wrong.faults or (str(wrong),))
            continue
        if card.id in cards:
            faults.append(f"{card.where}: the id {card.id} is taken by {cards[card.id].where.path}; settings can change"
                          " a card's severity and limits")  # fmt: skip
        cards[card.id] = card
        faults.extend(
            f"{example.where}: the example {example.name[:60]!r} gives {answered}, not {example.gives}"
            for example in card.examples
            if (answered := given(card, example.after)) != example.gives
        )
    for card in cards.values():
        faults.extend(
            f"{card.where}: alongside names the unknown rule {other[:60]}{nearest(other, cards)}"
            for other in card.alongside
            if other not in cards
        )
    faults.extend(_settings_faults(cards, settings, today))
    if faults:
        count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
        raise UsageError(f"{count} in the rules or their settings", where=settings.path, faults=faults)
    return tuple(cards[name] for name in sorted(cards))


def card_files(tree: Tree, folders: Iterable[str], faults: list[str]) -> tuple[str, ...]:
    """The card files of some folders of a tree, sorted; a folder without any is a fault."""
    found: list[str] = []
    for folder in folders:
        names = [name for name in tree.folder(folder) if name.endswith(".toml")]
        if not names:
            faults.append(f"{folder or '.'}: the settings' folder of rules holds no card (*.toml)")
        found.extend(posixpath.join(folder, name) for name in names)
    if len(found) > MAX_CARDS:
        faults.append(f"{len(found):,} cards; {MAX_CARDS} are the most")
        return ()
    return tuple(sorted(set(found)))


def limits_of(card: Card, settings: Settings, function: Function) -> Mapping[str, Quantity]:
    """A card's limits for one function: its own, the settings' for the rule, the settings' for the function."""
    limits = dict(card.limits)
    rule = settings.rules.get(card.id)
    if rule is not None:
        limits.update(rule.limits)
    for hint in settings.functions:
        if not hint.limits or not matches(hint.function, function):
            continue
        for name, value in hint.limits.items():
            if isinstance(value, Quantity) and name in card.limits:
                limits[name] = value
            elif name == card.id and isinstance(value, Mapping):
                limits.update(value)
    return MappingProxyType(limits)


def repository_limits(card: Card, settings: Settings) -> Mapping[str, Quantity]:
    """The limits of a card that judges no function."""
    rule = settings.rules.get(card.id)
    return MappingProxyType({**card.limits, **(rule.limits if rule else {})})


def severity_of(card: Card, severity: Severity, settings: Settings) -> Severity:
    """A level's severity under the settings: theirs for the card's own, and never above theirs for its ``warn``."""
    rule = settings.rules.get(card.id)
    if rule is None or rule.severity is None:
        return severity
    if severity is card.severity:
        return rule.severity
    return max(severity, rule.severity, key=_LIGHTEST.index)


_LIGHTEST = (Severity.ERROR, Severity.WARNING, Severity.NOTICE, Severity.OFF)


def floor_of(cards: Sequence[Card], settings: Settings, function: Function) -> Floor:
    """The floor of one function, from the limits of the cards that state it."""
    limits: dict[str, Quantity] = {}
    for card in cards:
        if card.id in {FLOOR_CARD, COLD_CARD}:
            limits |= limits_of(card, settings, function)
    return Floor(
        least=limits["least"].value,
        share=limits["share"].value,
        platform=limits["platform"].value,
        step=settings.memory_step,
    )


def noise_of(cards: Sequence[Card], settings: Settings, function: Function) -> float:
    """The growth in MB below which a function counts as not having grown: a limit of the floor's card."""
    card = next(card for card in cards if card.id == FLOOR_CARD)
    return limits_of(card, settings, function)["noise"].value


def prices_of(settings: Settings) -> Prices:
    """The price table of the settings, else the shipped one."""
    own = settings.prices
    if own is None:
        return shipped_prices()
    return Prices(
        region=own.region,
        date=own.date,
        gb_second=MappingProxyType({"x86_64": own.x86_64, "arm64": own.arm64}),
        requests=own.requests,
    )


def matches(pattern: str, function: Function) -> bool:
    """Whether a pattern (``*`` and ``?``) is a function's address or name.

    Brackets are those of addresses (``this["eu"]``) and mean themselves.
    """
    names = [function.address]
    name = known(function.name)
    if name:
        names.append(name)
    literal = pattern.replace("[", "[[]")
    return any(pattern == each or fnmatchcase(each, literal) for each in names)


def _settings_faults(cards: Mapping[str, Card], settings: Settings, today: date) -> Iterable[str]:
    for name, rule in settings.rules.items():
        where = _place(rule.where, settings)
        card = cards.get(name)
        if card is None:
            yield f"{where}: rules.{name[:60]}: there is no such rule{nearest(name, cards)}"
        else:
            yield from _limit_faults(card, rule.limits, f"{where}: rules.{name}")
    for hint in settings.functions:
        where = f"{_place(hint.where, settings)}: functions[{hint.function[:60]}].limits"
        for name, value in hint.limits.items():
            if isinstance(value, Quantity):
                owners = [card for card in cards.values() if name in card.limits]
                if not owners:
                    names = sorted({limit for card in cards.values() for limit in card.limits})
                    yield f"{where}.{name[:60]}: no rule has such a limit{nearest(name, names)}"
                for card in owners:
                    yield from _limit_faults(card, {name: value}, where)
            elif name not in cards:
                yield f"{where}.{name[:60]}: there is no such rule{nearest(name, cards)}"
            elif isinstance(value, Mapping):
                yield from _limit_faults(cards[name], value, f"{where}.{name}")
    for waiver in settings.waivers:
        where = f"{_place(waiver.where, settings)}: waiver of {waiver.rule[:60]}"
        if waiver.rule not in cards:
            yield f"{where}: there is no such rule{nearest(waiver.rule, cards)}"
        if waiver.expires - today > LONGEST_WAIVER:
            yield f"{where}: expires {waiver.expires}, more than a year away; renew it then, if it is still right"


def _limit_faults(card: Card, limits: Mapping[str, Quantity], where: str) -> Iterable[str]:
    for name, value in limits.items():
        own = card.limits.get(name)
        if own is None:
            yield f"{where}.{name[:60]}: {card.id} has no such limit{nearest(name, card.limits)}"
        elif own.unit is not value.unit:
            yield f"{where}.{name}: is in {name_of(value.unit)}, but must be in {name_of(own.unit)}"
        elif value.value < 0 or (own.unit is Unit.SHARE and value.value >= 1 > own.value):
            yield f"{where}.{name}: {value} makes no sense here"


def _place(where: Where | None, settings: Settings) -> str:
    return str(where) if where else settings.path
