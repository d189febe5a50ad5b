from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.baselines import datadog
from guard.cli import main

NOW = 1_760_000_000_000
SERIES = {
    "series": [
        {
            "metric": "aws.lambda.enhanced.max_memory_used",
            "tag_set": ["functionname:orders", "memorysize:512", "executedversion:7", "region:eu-west-1"],
            "pointlist": [[NOW, 211.0], [NOW - 86_400_000, 305.0], [NOW - 30 * 86_400_000, 500.0], [NOW, None]],
        },
        {"metric": "aws.lambda.enhanced.duration", "tag_set": ["functionname:orders"], "pointlist": [[NOW, 3.0]]},
    ]
}
CSV = (
    "timestamp,functionname,memorysize,executedversion,max\n"
    "2025-10-09T08:53:20Z,orders,512,7,211\n2025-10-08T08:53:20Z,orders,512,7,305\n,orders,512,7,9\nx,y\n"
)


@pytest.mark.parametrize("form", ["json", "pretty", "csv", "gz"])
def test_exports_become_a_baseline_that_says_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    data = {"json": json.dumps(SERIES), "pretty": json.dumps(SERIES, indent=2), "csv": CSV, "gz": CSV}[form].encode()
    (tmp_path / "export").write_bytes(gzip.compress(data) if form == "gz" else data)
    assert main(["baseline", "import", "export", "--output", "out"]) == 0
    (row,) = map(json.loads, (tmp_path / "out").read_text().splitlines()[1:])
    assert (row["function"], row["peak"], row["memory_size"], row["days"], row["environments"]) == (
        "orders",
        305,
        512,
        2,
        1,
    )
    assert row["versions"] == ["7"]
    assert row["billed_seconds"] == {"unknown": "no billed durations in the source"}
    assert "do not say their environment" in row["notes"][0]


KEYS = st.sampled_from(["metric", "tag_set", "pointlist", "scope", "series"])
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(JUNK)
def test_no_document_raises(value: Any) -> None:
    """A broken export gives no points, never an exception."""
    one = {"metric": datadog.METRIC, "pointlist": value, "tag_set": value}
    for wrapped in (value, {"series": value}, {"series": [value]}, {"series": [one]}):
        assert all(point.used > 0 for point in datadog.points_of_json(wrapped))
