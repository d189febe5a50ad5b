"""The table of quantities: every name a rule card may use, its unit, its formula, and when it is unknown.

``guard explain QUANTITY`` and ``docs/quantities.md`` are printed from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guard.units import Unit

MEMORY = "memory"
PACKAGE = "package"
TIMEOUT = "timeout"
RUNTIME = "runtime"
TRIGGERS = "triggers"
LOGGING = "logging"
LAYERS = "layers"
KIND = "package_type"
BASELINE = "baseline"
"""The parts of a function a quantity is computed from; a change moves a quantity only through them.
``baseline`` is one and the same on both sides of a comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One quantity. ``inputs``: the parts of a function that it depends on."""

    name: str
    unit: Unit
    formula: str
    unknown: str
    inputs: frozenset[str]


_NEVER = "never"
_NO_BASELINE = "there is no baseline"
_CENSORED = "there is no baseline, or it is saturated at this memory size; observed_at_least is then a lower bound"
_GROWTH = "the artifact's dependencies or their sizes could not be found out"
_MEMORY = "the configuration does not decide memory_size"
_SIZES = "the package could not be sized"


def _row(name: str, unit: Unit, formula: str, unknown: str, *inputs: str) -> Row:
    return Row(name=name, unit=unit, formula=formula, unknown=unknown, inputs=frozenset(inputs))


_ROWS = (
    # Memory, as configured
    _row("memory_size", Unit.MB, "memory_size of the function; 128 where Terraform leaves it unset", _MEMORY, MEMORY),
    _row("memory_known", Unit.FLAG, "1 where memory_size is known", _NEVER, MEMORY),
    _row("memory_raised", Unit.MB, "memory_size after − before, at least 0; 0 before", _MEMORY + " on a side", MEMORY),
    _row("memory_lowered", Unit.MB, "memory_size before − after, at least 0; 0 before", _MEMORY + " on a side", MEMORY),
    # Growth of the cold start
    _row(
        "growth",
        Unit.MB,
        "peak resident set at cold start, head − base, expected; 0 before; of a new function: over the bare runtime",
        _GROWTH,
        PACKAGE,
    ),
    _row("growth_upper", Unit.MB, "the 95 % upper bound of growth; 0 before", _GROWTH, PACKAGE),
    _row("growth_lazy", Unit.MB, "more growth if every function body that imports ran; 0 before", _GROWTH, PACKAGE),
    _row("new", Unit.FLAG, "1 after, where the function exists in the head only", _NEVER, PACKAGE),
    # What was observed
    _row("has_baseline", Unit.FLAG, "1 where the base commit's baseline file has the function", _NEVER, BASELINE),
    _row("saturated", Unit.FLAG, "1 where the baseline is censored: saturated, or killed for memory", _NEVER, BASELINE),
    _row(
        "observed_peak",
        Unit.MB,
        "the most memory any execution environment reported in the baseline's window",
        _CENSORED,
        BASELINE,
        MEMORY,
    ),
    _row(
        "observed_at_least",
        Unit.MB,
        "the reported peak even where saturated: a lower bound of the demand",
        _NO_BASELINE,
        BASELINE,
    ),
    _row(
        "assumed_peak",
        Unit.MB,
        "the reported peak; where saturated at size S, max(1.2 × S, S + 64 MB), an assumption and no observation",
        _NO_BASELINE,
        BASELINE,
    ),
    _row(
        "assumed",
        Unit.FLAG,
        "1 where projected_peak stands on assumed_peak: saturated and memory_size above the saturated size, or new",
        _MEMORY + ", or there is no baseline",
        BASELINE,
        MEMORY,
    ),
    _row("baseline_memory_size", Unit.MB, "memory_size when the baseline was taken", _NO_BASELINE, BASELINE),
    _row("environments", Unit.COUNT, "execution environments in the baseline", _NO_BASELINE, BASELINE),
    _row("invocations", Unit.COUNT, "invocations in the baseline", _NO_BASELINE, BASELINE),
    _row("days", Unit.COUNT, "days with reports in the baseline", _NO_BASELINE, BASELINE),
    _row("baseline_age", Unit.DAYS, "today (UTC) − the baseline's last day", "the last day is not given", BASELINE),
    _row("saturated_share", Unit.SHARE, "environments that reached the size / environments", _NO_BASELINE, BASELINE),
    _row("out_of_memory", Unit.COUNT, "invocations killed for memory in the baseline", _NO_BASELINE, BASELINE),
    _row(
        "memory_timeouts",
        Unit.COUNT,
        "invocations in the baseline that timed out at 95 % of the memory or more: they count as killed for memory",
        _NO_BASELINE,
        BASELINE,
    ),
    _row(
        "runtime_differs",
        Unit.FLAG,
        "1 where the runtime is not the one the baseline (where it does not say: the base commit) had",
        "the runtime is not known",
        BASELINE,
        RUNTIME,
    ),
    _row(
        "architecture_differs",
        Unit.FLAG,
        "1 where the architecture is not the one the baseline (where it does not say: the base commit) had",
        "the architecture is not known",
        BASELINE,
        RUNTIME,
    ),
    # Projection
    _row(
        "projected_peak",
        Unit.MB,
        "observed_peak + growth (assumed_peak + growth where assumed); of a new function its cold start alone: "
        "platform (a limit of new-function-floor) + growth",
        "growth is unknown, or " + _CENSORED,
        BASELINE,
        MEMORY,
        PACKAGE,
    ),
    _row(
        "projected_peak_upper",
        Unit.MB,
        "observed_peak + growth_upper (assumed_peak + growth_upper where assumed)",
        "as projected_peak",
        BASELINE,
        MEMORY,
        PACKAGE,
    ),
    _row(
        "headroom",
        Unit.MB,
        "memory_size − projected_peak",
        "memory_size or projected_peak is unknown",
        BASELINE,
        MEMORY,
        PACKAGE,
    ),
    _row(
        "headroom_upper",
        Unit.MB,
        "memory_size − projected_peak_upper: what is left if growth reaches its upper bound",
        "memory_size or projected_peak_upper is unknown",
        BASELINE,
        MEMORY,
        PACKAGE,
    ),
    _row("headroom_share", Unit.SHARE, "headroom / memory_size", "headroom is unknown", BASELINE, MEMORY, PACKAGE),
    _row(
        "assumed_headroom",
        Unit.MB,
        "memory_size − (assumed_peak + growth_upper)",
        "memory_size or growth_upper is unknown, or there is no baseline",
        BASELINE,
        MEMORY,
        PACKAGE,
    ),
    _row(
        "floor",
        Unit.MB,
        "the headroom a function must keep: max(least, share × memory_size), limits of the card projected-headroom",
        _MEMORY,
        MEMORY,
    ),
    _row(
        "cold_floor",
        Unit.MB,
        "median first report of environments + growth",
        "there is no baseline, it has no first reports, or growth is unknown",
        BASELINE,
        PACKAGE,
    ),
    _row(
        "recommended_memory",
        Unit.MB,
        "smallest memory_size with headroom_upper ≥ floor, rounded up to the next step; never below the present "
        "size where saturated",
        "assumed_peak or growth_upper is unknown, or Lambda offers less than would be needed",
        BASELINE,
        MEMORY,
        PACKAGE,
    ),
    # Package
    _row("packed_bytes", Unit.BYTES, "bytes of the package as uploaded", _SIZES, PACKAGE),
    _row(
        "unpacked_bytes",
        Unit.BYTES,
        "bytes of code, distributions and layers, unzipped",
        _SIZES + ", or only in part; unpacked_at_least is then a lower bound",
        PACKAGE,
    ),
    _row("unpacked_at_least", Unit.BYTES, "unpacked bytes of what could be sized", _SIZES, PACKAGE),
    _row("native_bytes", Unit.BYTES, "bytes of shared libraries in the package", _SIZES, PACKAGE),
    _row("layer_count", Unit.COUNT, "layers of the function", "the list of layers is not known", LAYERS),
    _row("extensions", Unit.COUNT, "layers known to run an extension", "the list of layers is not known", LAYERS),
    _row("image", Unit.FLAG, "1 where package_type is Image", "package_type is not known", KIND),
    _row("bytecode_missing", Unit.FLAG, "1 where the package ships no usable .pyc", "it could not be told", PACKAGE),
    # Time
    _row("timeout", Unit.SECONDS, "timeout of the function; 3 s where unset", "the configuration does not decide it",
         TIMEOUT),
    _row("p99_duration", Unit.SECONDS, "99th percentile of the duration in the baseline", _NO_BASELINE, BASELINE),
    _row(
        "duration_share",
        Unit.SHARE,
        "p99_duration / timeout",
        "timeout or p99_duration is unknown",
        TIMEOUT,
        BASELINE,
    ),
    # Triggers and logging
    _row("triggers", Unit.COUNT, "triggers found for the function", _NEVER, TRIGGERS),
    _row("ordered_trigger", Unit.FLAG, "1 where a trigger keeps order: a failing batch blocks those behind it", _NEVER,
         TRIGGERS),
    _row("kafka_trigger", Unit.FLAG, "1 where a Kafka topic triggers it", _NEVER, TRIGGERS),
    _row("asynchronous", Unit.FLAG, "1 where a trigger invokes it asynchronously: a failed event is retried twice",
         _NEVER, TRIGGERS),
    _row("failure_destination", Unit.FLAG, "1 where failed asynchronous events are kept somewhere", _NEVER, TRIGGERS),
    _row("trigger_retries", Unit.COUNT, "most attempts a trigger repeats a failed batch; −1 is without end",
         "no trigger says it", TRIGGERS),
    _row("report_events", Unit.FLAG, "0 where logging_config suppresses report events (JSON and level WARN)",
         "logging_config is not known", LOGGING),
    # Price
    _row("cost", Unit.USD, "USD a month: billed GB-seconds and requests of the baseline × price",
         "the baseline has no invocations or billed duration, or memory_size or the architecture is unknown",
         BASELINE, MEMORY, RUNTIME),
)  # fmt: skip

QUANTITIES: Mapping[str, Row] = MappingProxyType({row.name: row for row in _ROWS})
"""Every quantity by name, in the order of the documentation."""


def page() -> str:
    """The table as a Markdown page (``docs/quantities.md``)."""
    lines = [
        "# Quantities",
        "",
        "Every name a rule card can use. Each is computed before and after the change. Memory is in MB of 2^20 bytes.",
        "Quantities that describe the change itself (growth, memory_raised, memory_lowered, new) are 0 before.",
        "This page is generated from `guard/projection/quantities.py`.",
        "",
        "| name | unit | how it is computed | unknown when |",
        "|---|---|---|---|",
    ]
    for row in QUANTITIES.values():
        unit = row.unit.value or "count"
        lines.append(f"| `{row.name}` | {unit} | {row.formula} | {row.unknown} |")
    return "\n".join(lines) + "\n"
