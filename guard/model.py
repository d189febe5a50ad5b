"""The facts that flow through guard. Frozen, slotted, keyword-only values; no behaviour.

A value that could not be known is :class:`Unknown` with its reason, never 0, ``None`` or NaN.
``None`` means "Terraform leaves it unset" and nothing else. Memory is in MB of 2**20 bytes,
time-outs in seconds, sizes in bytes (:mod:`guard.units`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias, TypeVar, Union

from guard.units import MB, USD, Bytes

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Where:
    """A place in a tree: a path with forward slashes relative to its root, and a line (1-based) or None."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The answer "nobody could know", with the reason, the place that causes it and what would settle it.

    ``fingerprint`` as for :class:`Undecided`.
    """

    reason: str
    where: Where | None = None
    remedy: str = ""
    fingerprint: str = ""


Maybe: TypeAlias = Union[T, Unknown]
"""A known ``T``, or why it is not known."""


def known(value: Maybe[T]) -> T | None:
    """The value, or None when it is unknown (for places that treat both alike)."""
    return None if isinstance(value, Unknown) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Something that could not be looked at: what, why, where, and the one step that would help.

    ``fingerprint``: a digest of everything in the tree that decides it (the expression, the module call's
    arguments), formatting aside, or "" where that is not known. Equal on both sides, it was not touched.
    """

    what: str
    reason: str
    where: Where | None = None
    remedy: str = ""
    fingerprint: str = ""


# --- Terraform ----------------------------------------------------------------------------------

Origin: TypeAlias = Literal["literal", "default", "variable", "tfvars", "local", "module", "plan"]
"""What decides a setting: a literal in the block, the provider's default, a variable's default,
a tfvars file or --var, a local, a module argument or a module's default, a plan file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySetting:
    """``memory_size``: its value, what decides it, and the line a person would edit.

    ``value`` is a whole number of MB. ``where`` is the line whose text holds the deciding value; where
    nothing sets it (origin ``default``), the line of the resource block.
    """

    value: Maybe[int]
    origin: Origin
    where: Where | None = None


SourceKind: TypeAlias = Literal[
    "archive_file", "source_path", "local_exec", "filename", "s3", "image", "layer_filename", "other"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSource:
    """One thing Terraform says about where a package's content comes from.

    ``kind`` ``archive_file``: the data source or resource behind ``filename``; ``path`` its source_dir or
    source_file. ``source_path``: one entry of ``terraform-aws-modules/lambda``'s argument. ``local_exec``:
    a provisioner's command in ``text``, its working_dir in ``path``. ``filename``/``layer_filename``: a
    literal zip path. ``s3``: bucket and key in ``text`` as ``bucket/key``. ``image``: the image URI in
    ``text``. Paths are relative to the tree's root; ``options`` holds the other arguments as plain data
    (str, int, bool, None, list, dict) in which anything not known is :class:`Unknown`.
    """

    kind: SourceKind
    path: Maybe[str | None] = None
    text: Maybe[str | None] = None
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    where: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of a function: an ARN as written, or the address of the ``aws_lambda_layer_version`` in the tree."""

    arn: Maybe[str | None] = None
    address: str = ""
    sources: tuple[PackageSource, ...] = ()
    where: Where | None = None


TriggerKind: TypeAlias = Literal[
    "kafka", "sqs", "kinesis", "dynamodb", "mq", "documentdb", "s3", "sns", "schedule", "api", "logs", "other"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What invokes a function. ``ordered``: a failing batch blocks those behind it in its partition or shard."""

    kind: TriggerKind
    address: str
    synchronous: bool
    ordered: bool
    retries: Maybe[int | None] = None
    has_failure_destination: bool = False
    where: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One ``aws_lambda_function`` instance as Terraform would create it.

    ``address`` is Terraform's (``module.api.aws_lambda_function.this["eu"]``). Optional settings are None
    where unset: ``architectures`` then means x86_64, ``timeout`` is given with the provider's default 3 s.
    """

    address: str
    root: str
    where: Where
    name: Maybe[str | None]
    memory: MemorySetting
    timeout: Maybe[int]
    runtime: Maybe[str | None] = None
    architectures: Maybe[tuple[str, ...] | None] = None
    handler: Maybe[str | None] = None
    package_type: Maybe[str] = "Zip"
    sources: tuple[PackageSource, ...] = ()
    layers: tuple[Layer, ...] | Unknown = ()
    triggers: tuple[Trigger, ...] = ()
    concurrency: Maybe[int | None] = None
    ephemeral_storage: Maybe[int] = 512
    publish: Maybe[bool] = False
    snap_start: Maybe[bool] = False
    log_format: Maybe[str | None] = None
    system_log_level: Maybe[str | None] = None
    log_group: Maybe[str | None] = None
    async_destination: bool = False
    region: str = ""
    setting_where: Mapping[str, Where] = field(default_factory=lambda: MappingProxyType({}))
    """The line of each setting, by Terraform's argument name."""
    notes: tuple[str, ...] = ()
    """What a reader must know beside the settings, as sentences: what is deployed may differ, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootSpec:
    """How one environment of a root module is planned: its folder, var files, --var values, workspace."""

    path: str
    var_files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    workspace: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One root module of a tree, evaluated: its functions and what could not be decided.

    ``files`` are the tree paths that were read for it; ``moved`` the ``moved`` blocks as (from, to).
    """

    path: str
    workspace: str = "default"
    var_files: tuple[str, ...] = ()
    functions: tuple[Function, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    files: frozenset[str] = frozenset()
    moved: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All roots of one tree."""

    roots: tuple[Root, ...] = ()
    undecided: tuple[Undecided, ...] = ()

    def functions(self) -> Iterator[tuple[Root, Function]]:
        """Every function with its root."""
        for root in self.roots:
            for function in root.functions:
                yield root, function


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionHint:
    """One ``[[tool.guard.functions]]`` of the settings: what a person says of some functions.

    ``function`` is a shell pattern for addresses or names. Empty or None: not said. Paths are relative to
    the tree's root.
    """

    function: str
    manifest: str | None = None
    source: str | None = None
    artifact: str | None = None
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    platform: str | None = None
    layers: tuple[str, ...] = ()
    limits: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    where: Where | None = None


# --- Artifacts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """One wheel file: name, URL ("" if unknown), sha256 in hex ("" if unknown), packed bytes."""

    filename: str
    url: str = ""
    sha256: str = ""
    packed: Maybe[Bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One distribution an artifact ships. ``name`` is normalised (PEP 503); sizes in bytes."""

    name: str
    version: Maybe[str]
    wheel: Maybe[Wheel]
    unpacked: Maybe[Bytes]
    native: Maybe[Bytes]
    where: Where | None = None
    """The line of the manifest that names it."""
    direct: bool = True
    written: str = ""
    """What the manifest says of its version (``==2.1``, ``>=2``, ``*``); "" where something else implies it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The file that decides an artifact's distributions, and how it was found.

    ``how``: ``settings``, ``archive_file``, ``source_path``, ``local_exec``, ``filename``, ``dockerfile``,
    ``name``, ``handler``, ``only``, ``none`` (a package without dependencies). ``guess``: found by similarity.
    """

    path: str | None
    how: str
    reason: str
    guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes: packed (as uploaded), unpacked, native (``.so`` files). ``at_least``: something was left out."""

    packed: Maybe[Bytes]
    unpacked: Maybe[Bytes]
    native: Maybe[Bytes]
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What one function ships: distributions, own code, layers; their bytes; how all that was found.

    ``platform``: the wheel platform tag the versions were chosen for (``manylinux_2_34_x86_64``).
    ``source``: folder of the function's own code in the tree, None where unknown or absent.
    ``runtime_provided``: normalised names the managed runtime has already (boto3, ...).
    """

    manifest: Maybe[Manifest]
    distributions: Maybe[tuple[Distribution, ...]]
    sizes: Sizes
    own_code: Maybe[Bytes]
    source: str | None = None
    python: str | None = None
    platform: str = ""
    bytecode: Maybe[Literal["valid", "stale", "absent"]] = "absent"
    runtime_provided: frozenset[str] = frozenset()
    layers: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    own_sizes: Sizes | None = None
    """Own code and layers of the tree without the distributions; ``sizes`` is this and theirs. None: unknown."""
    requirements: tuple[str, ...] = ()
    """What a resolver was (or would be) given where the manifest does not pin everything; else empty."""
    digest: str = ""
    """Content key of everything above that decides memory: equal digests are equal artifacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactDelta:
    """What changed between two artifacts; names normalised, versions as written.

    ``changed`` maps a name to (before, after).
    """

    added: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    removed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    changed: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    implied: Mapping[str, tuple[str | None, str | None]] = field(default_factory=lambda: MappingProxyType({}))
    """Distributions that no manifest names but others require: (before, after), None where absent."""
    unknown: Unknown | None = None

    @property
    def empty(self) -> bool:
        """Whether the two sides are known to hold the same distributions."""
        return not (self.added or self.removed or self.changed or self.implied or self.unknown)


# --- Footprint ----------------------------------------------------------------------------------

Method: TypeAlias = Literal["measured", "predicted", "bytes", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Change of the peak resident set at cold start, head minus base, in MB.

    ``upper`` is the 95 % upper bound. ``method`` ``none``: nothing that decides memory changed, so it is
    exactly 0. ``attribution``: (distribution, MB it brings given all the others), heaviest first.
    ``lazy``: MB more if every function body that imports ran.
    """

    expected: Maybe[MB]
    upper: Maybe[MB]
    method: Method
    attribution: tuple[tuple[str, MB], ...] = ()
    lazy: Maybe[MB] = MB(0)
    notes: tuple[str, ...] = ()


# --- Baselines ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a function's execution environments reported in a window; one row of ``guard.baselines/1``.

    ``peak`` is the maximum over environments (MB), a lower bound of demand when ``censored``.
    ``first``/``last`` are UTC dates ``YYYY-MM-DD``; ``cold_floor`` the median first report of environments.
    """

    function: str
    memory_size: MB
    peak: MB
    p99: MB
    p50: MB
    cold_floor: Maybe[MB]
    environments: int
    invocations: int
    days: int
    censored: bool
    saturated_share: float = 0.0
    ooms: int = 0
    memory_timeouts: int = 0
    timeouts: int = 0
    crashes: int = 0
    versions: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    billed_seconds: Maybe[float] = 0.0
    p99_duration: Maybe[float] = 0.0
    daily_peaks: tuple[tuple[str, int], ...] = ()
    """(UTC date, peak MB), oldest first."""
    source: str = ""
    code_digest: str = ""
    runtime: str = ""
    architecture: str = ""
    region: str = ""
    """The AWS region, where the source covers several; "" otherwise."""
    sibling: str = ""
    """The other function whose reports uncensored this one, if any."""
    notes: tuple[str, ...] = ()


# --- Projection and judgement -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One function before and after the change: every quantity of ``guard.projection.QUANTITIES`` by name.

    Flags are 1.0 or 0.0. ``before`` or ``after`` is empty where the function is absent on that side.
    """

    before: Mapping[str, Maybe[float]]
    after: Mapping[str, Maybe[float]]
    growth: Growth
    baseline: Maybe[Baseline]
    recommended: Maybe[MB]
    cost: Mapping[str, Maybe[USD]] = field(default_factory=lambda: MappingProxyType({}))
    """USD a month: ``before``, ``after``, ``recommended``, ``doubled``."""


Standing: TypeAlias = Literal["introduced", "worsened", "pre-existing", "improved"]


class Severity(enum.Enum):
    """How much a finding weighs: an error fails, a warning and a notice are shown."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One comparison of a card, as judged: its text and both sides with their units (printed)."""

    text: str
    left: str
    right: str
    holds: bool | None
    """None: undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One edit of one line that would cure a finding."""

    where: Where
    replacement: str
    """The whole new line, without its line end; "" when the line must be written by hand."""
    memory: MB | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer for one function: it fires, or cannot be decided."""

    rule: str
    address: str
    root: str
    outcome: Literal["fires", "undecided"]
    standing: Standing
    severity: Severity
    message: str
    why: str = ""
    remedy: str = ""
    evidence: tuple[Clause, ...] = ()
    where: Where | None = None
    fix: Fix | None = None
    blocks: bool = False
    """Whether this finding decides the exit code (1 for ``fires``, 3 for ``undecided``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A finding that a waiver of the base commit hides, and the waiver."""

    finding: Finding
    reason: str
    owner: str
    expires: str
    days_left: int


FunctionStanding: TypeAlias = Literal["added", "removed", "changed", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionChange:
    """One function of base and head, paired. ``address`` is the head's (the base's where removed)."""

    address: str
    root: str
    workspace: str = "default"
    standing: FunctionStanding
    base: Function | None
    head: Function | None
    base_artifact: Artifact | None = None
    head_artifact: Artifact | None = None
    delta: ArtifactDelta = field(default_factory=ArtifactDelta)

    @property
    def function(self) -> Function:
        """The head's function, or the base's where it was removed."""
        function = self.head or self.base
        assert function is not None
        return function


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """One function in the report. ``touched``: the change alters its memory, package or dependencies."""

    change: FunctionChange
    projection: Projection
    touched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One side of the comparison. ``sha`` is None for the work tree; ``label`` what a person would call it."""

    sha: str | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawChange:
    """A change to the law itself: a settings file, a card, a waiver or the baselines."""

    path: str
    what: str


Verdict: TypeAlias = Literal["clean", "findings", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one ``guard check`` found out; every format is a rendering of this value."""

    base: Revision
    head: Revision
    chosen_by: str
    """How base and head were chosen, as a phrase: "merge base with origin/main"."""
    verdict: Verdict
    exit_code: int
    functions: tuple[FunctionReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    waived: tuple[Waived, ...] = ()
    not_checked: tuple[Undecided, ...] = ()
    law_changes: tuple[LawChange, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences about the run as a whole: lapsed and unused waivers, price table date, ..."""
    nothing_to_check: bool = False
    seconds: float = 0.0
