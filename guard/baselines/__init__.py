"""What execution environments reported: the store, the REPORT parser, one module per source of logs."""

from guard.baselines.histogram import WINDOW_DAYS, Histogram, Window
from guard.baselines.report import NotAReport, Report, parse_event, parse_report
from guard.baselines.storage import Place, place
from guard.baselines.store import Header, Store, merge, read, render
from guard.baselines.streams import Stream, function_of_group, parse_stream
from guard.baselines.summary import Summary, nearest_rank, summarise

__all__ = [
    "WINDOW_DAYS",
    "Header",
    "Histogram",
    "NotAReport",
    "Place",
    "Report",
    "Store",
    "Stream",
    "Summary",
    "Window",
    "function_of_group",
    "merge",
    "nearest_rank",
    "parse_event",
    "parse_report",
    "parse_stream",
    "place",
    "read",
    "render",
    "summarise",
]
