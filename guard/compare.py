"""Pairing the functions of two commits and saying what changed for each."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from guard.artifacts import delta, unclaimed
from guard.model import (
    Artifact,
    ArtifactDelta,
    Function,
    FunctionChange,
    FunctionStanding,
    Inventory,
    Layer,
    Maybe,
    PackageSource,
    Root,
    T,
    Undecided,
    Unknown,
    known,
)
from guard.trees import Tree, TreeFault

_MAX_MOVES = 16
"""The longest chain of ``moved`` blocks that is followed for one function."""
Resolve = Callable[[Tree, Function], Artifact]
Size = Callable[[Artifact], Artifact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A tree and its functions."""

    tree: Tree
    inventory: Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All functions of both sides, paired; and what nobody could decide.

    ``undecided``: what the change touches and kept functions from being found or paired. ``of_functions``: single
    facts of functions that it touches. ``untouched``: questions as open before as after. ``settled``: open before
    and gone after, because what raised them was removed or can be read now.
    """

    functions: tuple[FunctionChange, ...]
    undecided: tuple[Undecided, ...]
    of_functions: tuple[Undecided, ...] = ()
    untouched: tuple[Undecided, ...] = ()
    settled: tuple[Undecided, ...] = ()

    @property
    def nothing_to_check(self) -> bool:
        """Whether no function's memory, package or dependencies changed and nothing touched is undecided."""
        return not (self.undecided or self.settled or any(matters(change) for change in self.functions))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    root: Root
    label: str
    """The root's path, with its workspace and var files where one path is planned for several environments."""
    base: Function | None
    head: Function | None


def compare(base: Side, head: Side, *, resolve: Resolve, size: Size | None = None) -> Changes:
    """Pair the functions of base and head, resolve what each ships, and size what changed.

    ``resolve`` and ``size`` answer for one artifact and never raise for what a tree holds.
    """
    pairs, lost = _pair(base.inventory, head.inventory)
    functions: list[FunctionChange] = []
    undecided: list[Undecided] = []
    untouched: list[Undecided] = []
    for pair in pairs:
        change = _change(pair, base.tree, head.tree, resolve)
        if size is not None and (matters(change) or _content_differs(change)):
            change = replace(
                change,
                base_artifact=size(change.base_artifact) if change.base_artifact else None,
                head_artifact=size(change.head_artifact) if change.head_artifact else None,
            )
        functions.append(change)
        (undecided if matters(change) else untouched).extend(_open_questions(change))
    touched, old, settled = _split(base, head)
    return Changes(
        functions=tuple(functions),
        undecided=tuple(_unique([*touched, *lost, *_unclaimed(base, head, functions)])),
        of_functions=tuple(_unique(undecided)),
        untouched=tuple(_unique([*old, *untouched])),
        settled=tuple(_unique(settled)),
    )


def matters(change: FunctionChange) -> bool:
    """Whether a function's memory, package or dependencies differ between the two sides.

    A time-out or a handler alone does not matter here: it moves no memory.
    """
    base, head = change.base, change.head
    if base is None or head is None:
        return True
    return (
        not _memory_same(base, head)
        or not same(base.runtime, head.runtime)
        or not same(_architectures(base), _architectures(head))
        or not same(base.package_type, head.package_type)
        or not _layers_same(base.layers, head.layers)
        or bool(change.delta.added or change.delta.removed or change.delta.changed or change.delta.implied)
        or _became_unknown(change)
    )


def _content_differs(change: FunctionChange) -> bool:
    """Whether the two packages are not known to be the same: own code counts, which may import more than before."""
    base, head = change.base_artifact, change.head_artifact
    return base is not None and head is not None and (not base.digest or base.digest != head.digest)


def same(one: Maybe[T], other: Maybe[T]) -> bool:
    """Whether two values are alike: equal, or unknown for one reason."""
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return (one.reason, one.fingerprint) == (other.reason, other.fingerprint)
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    return one == other


def _memory_same(base: Function, head: Function) -> bool:
    return same(base.memory.value, head.memory.value)


def _architectures(function: Function) -> Maybe[tuple[str, ...]]:
    value = function.architectures
    return ("x86_64",) if value is None else value


def _layers_same(one: tuple[Layer, ...] | Unknown, other: tuple[Layer, ...] | Unknown) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return same(one, other)
    if len(one) != len(other):
        return False
    return all(same(a.arn, b.arn) and a.address == b.address for a, b in zip(one, other, strict=True))


def _became_unknown(change: FunctionChange) -> bool:
    """Whether a package nobody can read changed: known on one side only, unknown otherwise, or from elsewhere."""
    if change.delta.unknown is None or change.base is None or change.head is None:
        return False
    base, head = change.base_artifact, change.head_artifact
    if base is None or head is None:
        return False
    if not _sources_same(change.base.sources, change.head.sources):
        return True
    if base.digest and base.digest == head.digest:
        return False
    return not (same(base.manifest, head.manifest) and same(base.distributions, head.distributions))


def _sources_same(one: Sequence[PackageSource], other: Sequence[PackageSource]) -> bool:
    """Whether Terraform names the same package: file, image, object, folder."""
    if len(one) != len(other):
        return False
    return all(
        a.kind == b.kind and same(a.path, b.path) and same(a.text, b.text) for a, b in zip(one, other, strict=True)
    )


def _change(pair: _Pair, base_tree: Tree, head_tree: Tree, resolve: Resolve) -> FunctionChange:
    base = resolve(base_tree, pair.base) if pair.base else None
    head = resolve(head_tree, pair.head) if pair.head else None
    function = pair.head or pair.base
    assert function is not None
    change = FunctionChange(
        address=function.address,
        root=pair.label,
        workspace=pair.root.workspace,
        standing="unchanged",
        base=pair.base,
        head=pair.head,
        base_artifact=base,
        head_artifact=head,
        delta=delta(base, head) if base or head else ArtifactDelta(),
    )
    return replace(change, standing=_standing(change))


def _unclaimed(base: Side, head: Side, functions: Sequence[FunctionChange]) -> tuple[Undecided, ...]:
    """Changed manifests that nobody claims, where a function may exist or may ship what nobody could locate."""
    claimed: set[str] = set()
    lost = bool(_questions(base.inventory) or _questions(head.inventory))
    for change in functions:
        for artifact in (change.base_artifact, change.head_artifact):
            if artifact is None:
                continue
            if isinstance(artifact.manifest, Unknown):
                lost = True
            elif artifact.manifest.path:
                claimed.add(artifact.manifest.path)
    return unclaimed(base.tree, head.tree, claimed) if lost else ()


def _standing(change: FunctionChange) -> FunctionStanding:
    if change.base is None:
        return "added"
    if change.head is None:
        return "removed"
    if matters(change) or not same(change.base.timeout, change.head.timeout):
        return "changed"
    return "unchanged"


def _open_questions(change: FunctionChange) -> list[Undecided]:
    """What could not be known of one function on the side that will be deployed."""
    function = change.head
    if function is None:
        return []
    found: list[Undecided] = []
    for what, value in (("memory_size", function.memory.value), ("timeout", function.timeout)):
        if isinstance(value, Unknown):
            found.append(
                Undecided(what=f"{change.address}: {what}", reason=value.reason, where=value.where, remedy=value.remedy)
            )
    found += new_doubts(change)
    if change.delta.unknown is not None:
        unknown = change.delta.unknown
        found.append(
            Undecided(
                what=f"{change.address}: dependencies",
                reason=unknown.reason,
                where=unknown.where or function.where,
                remedy=unknown.remedy,
            )
        )
    return found


def new_doubts(change: FunctionChange) -> list[Undecided]:
    """What could not be followed in the head's package and was not so before: it may hide a change."""
    if change.head_artifact is None:
        return []
    before = {(item.what, item.reason) for item in change.base_artifact.undecided} if change.base_artifact else set()
    return [item for item in change.head_artifact.undecided if (item.what, item.reason) not in before]


def _split(base: Side, head: Side) -> tuple[list[Undecided], list[Undecided], list[Undecided]]:
    """The inventories' open questions: those the change touches, those it leaves as they were, those it settles."""
    touched: list[Undecided] = []
    old: list[Undecided] = []
    before, after = _questions(base.inventory), _questions(head.inventory)
    for question, item in after.items():
        twin = before.get(question)
        untouched = twin is not None and _untouched(base.tree, twin, head.tree, item)
        (old if untouched else touched).append(item)
    still = {(key[0], key[1]) for key in after}
    return touched, old, [item for key, item in before.items() if (key[0], key[1]) not in still]


def _questions(inventory: Inventory) -> dict[tuple[object, str, str], Undecided]:
    """An inventory's open questions by root, subject and reason."""
    found: dict[tuple[object, str, str], Undecided] = {
        ("", item.what, item.reason): item for item in inventory.undecided
    }
    for root in inventory.roots:
        found |= {(_root_key(root), item.what, item.reason): item for item in root.undecided}
    return found


def _untouched(base: Tree, one: Undecided, head: Tree, other: Undecided) -> bool:
    """Whether an open question is the same on both sides: by its fingerprint, else by the file that raises it."""
    if one.fingerprint or other.fingerprint:
        return one.fingerprint == other.fingerprint
    if one.where is None or other.where is None:
        return one.where is None and other.where is None
    try:
        return base.key(one.where.path) == head.key(other.where.path)
    except TreeFault:
        return False


def _unique(items: Sequence[Undecided]) -> list[Undecided]:
    return list({(item.what, item.reason): item for item in items}.values())


# --- Pairing ------------------------------------------------------------------------------------


def _pair(base: Inventory, head: Inventory) -> tuple[list[_Pair], list[Undecided]]:
    """Functions of both sides by root and address, then by ``moved`` blocks, then by a unique name."""
    labels = _labels((*base.roots, *head.roots))
    bases = {(_root_key(root), function.address): (root, function) for root, function in base.functions()}
    heads = {(_root_key(root), function.address): (root, function) for root, function in head.functions()}
    pairs: list[_Pair] = []
    for key in [key for key in heads if key in bases]:
        root, function = heads.pop(key)
        pairs.append(_Pair(root=root, label=labels[_root_key(root)], base=bases.pop(key)[1], head=function))
    for match in (_by_moved, _by_name):
        for old, new in match(bases, heads):
            root, function = heads.pop(new)
            pairs.append(_Pair(root=root, label=labels[_root_key(root)], base=bases.pop(old)[1], head=function))
    lost: list[Undecided] = []
    for root, function in heads.values():
        doubt = _doubt(function, base, root)
        if doubt is None:
            pairs.append(_Pair(root=root, label=labels[_root_key(root)], base=None, head=function))
        else:
            lost.append(_cannot_pair(function, doubt, "before"))
    for root, function in bases.values():
        doubt = _doubt(function, head, root)
        if doubt is None:
            pairs.append(_Pair(root=root, label=labels[_root_key(root)], base=function, head=None))
        else:
            lost.append(_cannot_pair(function, doubt, "after"))
    pairs.sort(key=lambda pair: (pair.label, (pair.head or pair.base).address))  # type: ignore[union-attr]
    return pairs, lost


_Key = tuple[tuple[str, str, tuple[str, ...]], str]
_Side = Mapping[_Key, tuple[Root, Function]]


def _labels(roots: Iterable[Root]) -> dict[tuple[str, str, tuple[str, ...]], str]:
    """What tells each environment apart: its path, and more where a path has several."""
    keys = {_root_key(root) for root in roots}
    shared = Counter(path for path, _, _ in keys)
    labels = {}
    for path, workspace, files in keys:
        words = [workspace] if workspace != "default" else []
        words += [posixpath.basename(name) for name in files]
        more = f" ({', '.join(words)})" if words and shared[path] > 1 else ""
        labels[path, workspace, files] = path + more
    return labels


def _root_key(root: Root) -> tuple[str, str, tuple[str, ...]]:
    return (root.path, root.workspace, root.var_files)


def _by_moved(bases: _Side, heads: _Side) -> list[tuple[_Key, _Key]]:
    moves: dict[object, set[tuple[str, str]]] = {}
    for root, _ in heads.values():
        moves.setdefault(_root_key(root), set()).update(root.moved)
    found: dict[_Key, _Key] = {}
    for old in bases:
        seen = {old[1]}
        addresses = [old[1]]
        for address in addresses:
            for was, now in moves.get(old[0], ()):
                moved = moved_address(address, was, now)
                if moved is not None and moved not in seen and len(seen) < _MAX_MOVES:
                    seen.add(moved)
                    addresses.append(moved)
        new = next(((old[0], address) for address in addresses[1:] if (old[0], address) in heads), None)
        if new is not None:
            found.setdefault(new, old)
    return [(old, new) for new, old in found.items()]


def moved_address(address: str, was: str, now: str) -> str | None:
    """What a ``moved`` block makes of an address: itself, its instances, or what lies in its module."""
    if address == was:
        return now
    if address.startswith((was + "[", was + ".")):
        return now + address[len(was) :]
    return None


def _by_name(bases: _Side, heads: _Side) -> list[tuple[_Key, _Key]]:
    """Functions left over on both sides whose known name is the same and unique on each: moved by hand."""
    old = _names(bases)
    new = _names(heads)
    return [(old[name][0], new[name][0]) for name in old if name in new and len(old[name]) == len(new[name]) == 1]


def _names(side: _Side) -> dict[str, list[_Key]]:
    found: dict[str, list[_Key]] = {}
    for key, (_, function) in side.items():
        name = known(function.name)
        if name:
            found.setdefault(name, []).append(key)
    return found


def _doubt(function: Function, other: Inventory, root: Root) -> Undecided | None:
    """Why the other side may hold this function too: an open question about what contains it."""
    for item in other.undecided:
        if item.where is not None and _contains(item.where.path, root.path):
            return item
    for twin in other.roots:
        if twin.path != root.path or twin.workspace != root.workspace:
            continue
        for item in twin.undecided:
            of_a_file = item.where is not None and item.what == item.where.path
            if of_a_file or function.address == item.what or function.address.startswith(_inside(item.what)):
                return item
    return None


def _inside(address: str) -> tuple[str, str]:
    return (address + ".", address + "[")


def _contains(path: str, root: str) -> bool:
    return root in ("", path) or path.startswith(root + "/")


def _cannot_pair(function: Function, doubt: Undecided, when: str) -> Undecided:
    return Undecided(
        what=function.address,
        reason=f"whether it exists {when} the change is not known: {doubt.what}: {doubt.reason}",
        where=doubt.where or function.where,
        remedy=doubt.remedy,
    )
