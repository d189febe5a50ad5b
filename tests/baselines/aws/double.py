"""A stand-in for CloudWatch Logs and Lambda over real HTTP, with their pages, states, limits and bad days.

It answers Insights queries from the same events that FilterLogEvents gives out, in the value formats that were
recorded from the real service (decimal bytes, every value a text), computed in the plainest possible way.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCOUNT = "123456789012"


@dataclass
class LogEvent:
    """One event as a log group holds it."""

    group: str
    stream: str
    at: int
    message: str


@dataclass
class World:
    """What the double knows and how it behaves. Change it between requests to make things happen midway."""

    events: list[LogEvent] = field(default_factory=list)
    functions: list[dict[str, Any]] = field(default_factory=list)
    aliases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    retention: dict[str, int] = field(default_factory=dict)
    """Log group -> days it keeps its events."""
    page: int = 3
    """Events or rows a page."""
    max_running: int = 20
    """Queries at once before LimitExceededException."""
    longest: int | None = None
    """Window in seconds above which a query ends with Timeout."""
    fail: dict[str, int] = field(default_factory=dict)
    """Query kind -> how many of its next queries end with Failed."""
    decimal: int = 1_000_000
    """Bytes to a MB in ``@memorySize``."""
    cut: Callable[[int, str], bool] = lambda _number, _operation: False
    """Whether to cut the connection of the n-th request."""
    refuse: Callable[[int, str], str] = lambda _number, _operation: ""
    """The error code that the n-th request gets, or ""."""
    requests: Counter[str] = field(default_factory=Counter)
    number: int = 0
    running: dict[str, Query] = field(default_factory=dict)
    finished: dict[str, Query] = field(default_factory=dict)
    most_at_once: int = 0
    stopped: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ids: Iterator[int] = field(default_factory=itertools.count)


@dataclass
class Query:
    """A query that was started."""

    rows: list[dict[str, str]]
    outcome: str
    looks: int = 0


class Fault(Exception):
    """An error answer: its code."""


def answer(world: World, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the service would say."""
    match operation:
        case "FilterLogEvents":
            return _filter(world, body)
        case "StartQuery":
            return _start(world, body)
        case "GetQueryResults":
            return _results(world, body)
        case "StopQuery":
            world.stopped.append(body["queryId"])
            world.running.pop(body["queryId"], None)
            return {"success": True}
        case "DescribeLogGroups":
            names = sorted(name for name in world.groups if name.startswith(body.get("logGroupNamePrefix", "")))
            at = int(body.get("nextToken", 0))
            more = {"nextToken": str(at + world.page)} if at + world.page < len(names) else {}
            kept = {name: {"retentionInDays": days} for name, days in world.retention.items()}
            found = [{"logGroupName": name, **kept.get(name, {})} for name in names[at : at + world.page]]
            return {"logGroups": found, **more}
        case _:
            raise Fault("UnknownOperationException")


def _filter(world: World, body: dict[str, Any]) -> dict[str, Any]:
    group = body["logGroupName"]
    if group not in world.groups:
        raise Fault("ResourceNotFoundException")
    terms = re.findall(r'"([^"]*)"', body["filterPattern"])
    found = [
        event
        for event in sorted(world.events, key=lambda event: event.at)
        if event.group == group
        and body["startTime"] <= event.at <= body["endTime"]
        and any(term in event.message for term in terms)
    ]
    at = int(body.get("nextToken", -1))
    if at == -1 and found:
        return {"events": [], "nextToken": "0", "searchedLogStreams": []}
    at = max(at, 0)
    more = {"nextToken": str(at + world.page)} if at + world.page < len(found) else {}
    events = [
        {"logStreamName": e.stream, "timestamp": e.at, "message": e.message, "ingestionTime": e.at, "eventId": str(i)}
        for i, e in enumerate(found[at : at + world.page])
    ]
    return {"events": events, "searchedLogStreams": [], **more}


def _start(world: World, body: dict[str, Any]) -> dict[str, Any]:
    if set(body["logGroupNames"]) - world.groups:
        raise Fault("ResourceNotFoundException")
    if len(body["logGroupNames"]) > 50:
        raise Fault("InvalidParameterException")
    if len(world.running) >= world.max_running:
        raise Fault("LimitExceededException")
    query = body["queryString"]
    events = [
        event
        for event in world.events
        if event.group in body["logGroupNames"] and body["startTime"] * 1000 <= event.at <= body["endTime"] * 1000
    ]
    if limits := re.match(r"filter toMillis\(@timestamp\) >= (\d+) and toMillis\(@timestamp\) <= (\d+)\n", query):
        events = [event for event in events if int(limits[1]) <= event.at <= int(limits[2])]
    kind = "estimate" if "estimate" in query else "durations" if " as step" in query else "environments"
    outcome = "Complete"
    if world.longest is not None and body["endTime"] - body["startTime"] > world.longest:
        outcome = "Timeout"
    if world.fail.get(kind, 0) > 0:
        world.fail[kind] -= 1
        outcome = "Failed"
    identifier = f"query-{next(world.ids)}"
    world.running[identifier] = Query(rows=rows_of(world, kind, events), outcome=outcome)
    world.most_at_once = max(world.most_at_once, len(world.running))
    return {"queryId": identifier}


def _results(world: World, body: dict[str, Any]) -> dict[str, Any]:
    query = world.running.get(body["queryId"]) or world.finished.get(body["queryId"])
    if query is None:
        raise Fault("ResourceNotFoundException")
    query.looks += 1
    if query.looks <= 2 and "nextToken" not in body:
        return {"status": ["Scheduled", "Running"][query.looks - 1], "results": [], "statistics": {}}
    world.running.pop(body["queryId"], None)
    world.finished[body["queryId"]] = query
    if query.outcome != "Complete":
        return {"status": query.outcome, "results": [], "statistics": {}}
    at = int(body.get("nextToken", 0))
    more = {"nextToken": str(at + world.page)} if at + world.page < len(query.rows) else {}
    rows = [[{"field": k, "value": v} for k, v in row.items()] for row in query.rows[at : at + world.page]]
    return {"status": "Complete", "results": rows, "statistics": {"bytesScanned": 1000.0}, **more}


# --- Insights, in the plainest way --------------------------------------------------------------

_TEXT = re.compile(
    r"REPORT RequestId: \S+\s+Duration: ([\d.]+) ms\s+Billed Duration: ([\d.]+) ms\s+Memory Size: (\d+) MB"
    r"\s+Max Memory Used: (\d+) MB"
)


def fields_of(event: LogEvent, decimal: int) -> dict[str, str] | None:
    """The fields that our queries name, as Insights would discover them in a report."""
    if match := _TEXT.match(event.message):
        status = re.search(r"Status: ([a-z]+)", event.message)
        error = re.search(r"Error Type: ([A-Za-z.]+)", event.message)
        size = {"sizeDecimal": f"{int(match[3]) * decimal}", "sizeMB": "0"}
        used = {"usedDecimal": f"{float(int(match[4]) * decimal):E}", "usedMB": "0"}
        cold = "1" if re.search(r"(Init|Restore) Duration: [\d.]+ ms", event.message[match.end() :]) else "0"
        return {
            **size, **used, "ms": match[1], "billed": match[2], "cold": cold,
            "status": status[1] if status else "", "error": error[1] if error else "",
        }  # fmt: skip
    if event.message.startswith("{"):
        loaded = json.loads(event.message)
        if loaded.get("type") == "platform.report" and "level" not in loaded and "message" not in loaded:
            record, metrics = loaded["record"], loaded["record"]["metrics"]
            return {
                "sizeDecimal": "0", "sizeMB": str(metrics["memorySizeMB"]), "usedDecimal": "0",
                "usedMB": str(metrics["maxMemoryUsedMB"]), "ms": str(metrics["durationMs"]),
                "billed": str(metrics["billedDurationMs"]), "status": record.get("status", ""),
                "cold": "1" if "initDurationMs" in metrics or "restoreDurationMs" in metrics else "0",
                "error": record.get("errorType", ""),
            }  # fmt: skip
    return None


def rows_of(world: World, kind: str, events: list[LogEvent]) -> list[dict[str, str]]:
    """The result rows of one of our queries."""
    if kind == "estimate":
        return [{"bytesScanned": str(sum(len(event.message) for event in events))}]
    grouped: dict[tuple[str, ...], list[tuple[LogEvent, dict[str, str]]]] = {}
    for event in events:
        found = fields_of(event, world.decimal)
        if found is None:
            continue
        log = f"{ACCOUNT}:{event.group}"
        if kind == "environments":
            day = datetime.fromtimestamp(event.at / 1000, UTC).strftime("%Y-%m-%d 00:00:00.000")
            capped = str(min(1, max(0, math.floor(float(found["ms"])) - float(found["billed"]))))
            group: tuple[str, ...] = (log, event.stream,
                     found["sizeDecimal"], found["sizeMB"], found["usedDecimal"], found["usedMB"],
                     found["status"], found["error"], found["cold"], capped, day)  # fmt: skip
        else:
            stream = re.search(r"([A-Za-z0-9_.-]*)\[([^\]]+)\]", event.stream)
            whole = math.ceil(float(found["ms"]))
            step = 10 ** max(0, len(str(whole)) - 3)
            bucket = str(math.ceil(whole / step) * step)
            parts = (stream[1], stream[2]) if stream else ("", "")
            group = (log, *parts, found["sizeDecimal"], found["sizeMB"], bucket)
        grouped.setdefault(group, []).append((event, found))
    names = {
        "environments": ["@log", "@logStream", "sizeDecimal", "sizeMB", "usedDecimal", "usedMB", "status", "error",
                         "cold", "capped", "bin(1d)"],
        "durations": ["@log", "function", "version", "sizeDecimal", "sizeMB", "bucket"],
    }[kind]  # fmt: skip
    rows = []
    for group, members in grouped.items():
        row = dict(zip(names, group, strict=True)) | {"reports": str(len(members))}
        if kind == "environments":
            row["billedMs"] = str(sum(math.ceil(float(found["billed"])) for _, found in members))
            row["firstAt"] = str(min(event.at for event, _ in members))
            row["lastAt"] = f"{max(event.at for event, _ in members) / 1:.1f}"
        rows.append(row)
    return rows


# --- HTTP ---------------------------------------------------------------------------------------


@contextmanager
def serving(world: World) -> Iterator[str]:
    """The double at a local address; gives its URL."""
    world.finished.clear()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer("GET " + self.path.split("?")[0], {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if b"Action=GetCallerIdentity" in body:
                self._identity()
                return
            self._answer(operation, json.loads(body or b"{}"))

        def _identity(self) -> None:
            code = world.refuse(0, "GetCallerIdentity")
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/someone"
            result = f"<GetCallerIdentityResult><Arn>{arn}</Arn></GetCallerIdentityResult>"
            error = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
            answered = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
            self._send(error.encode() if code else answered.encode(), 403 if code else 200, "text/xml")

        def _answer(self, operation: str, body: dict[str, Any]) -> None:
            with world.lock:
                world.number += 1
                world.requests[operation] += 1
                if world.cut(world.number, operation):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                code = world.refuse(world.number, operation)
                try:
                    if code:
                        raise Fault(code)
                    said = self._lambda(operation) if operation.startswith("GET ") else answer(world, operation, body)
                    status = 200
                except Fault as fault:
                    said, status = {"__type": str(fault), "message": f"account {ACCOUNT}"}, 400
            self._send(json.dumps(said).encode(), status, "application/x-amz-json-1.1")

        def _send(self, data: bytes, status: int, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _lambda(self, operation: str) -> dict[str, Any]:
            path = operation.removeprefix("GET ")
            if path.endswith(("/functions/", "/functions")):
                marker = re.search(r"Marker=(\d+)", self.path)
                at = int(marker[1]) if marker else 0
                more = {"NextMarker": str(at + world.page)} if at + world.page < len(world.functions) else {}
                return {"Functions": world.functions[at : at + world.page], **more}
            if match := re.search(r"/functions/([^/]+)/aliases$", path):
                return {"Aliases": world.aliases.get(match[1], [])}
            raise Fault("ResourceNotFoundException")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
