"""What the incident's functions reported: REPORT lines of 14 days, as a log subscription delivers them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guard.units import ms_from_seconds

DAYS = 14
ENVIRONMENTS_A_DAY = 6
INVOCATIONS = 10
"""Invocations of each environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One function of the incident: its size, what an environment reports first and at most (MB)."""

    name: str
    memory_size: int
    first: int
    most: int


SERVICES = (
    Service(name="orders-consumer", memory_size=128, first=96, most=127),
    Service(name="refunds-consumer", memory_size=128, first=95, most=127),
    Service(name="orders-replay", memory_size=512, first=97, most=141),
)
"""The same code at 128 MB, where it reports 127 of 128, and at 512 MB, where it shows what it needs."""

INCIDENT_LINES = DAYS * ENVIRONMENTS_A_DAY * INVOCATIONS * len(SERVICES)
"""How many REPORT lines all of them make."""


def records(service: Service, until: datetime) -> Iterator[str]:
    """Subscription records, one JSON line for each execution environment, ending before ``until``."""
    for day in range(DAYS):
        for number in range(ENVIRONMENTS_A_DAY):
            identity = hashlib.sha256(f"{service.name}/{day}/{number}".encode()).hexdigest()
            start = until - timedelta(days=DAYS - day, hours=-3 * number - 1)
            stream = f"{start.astimezone(UTC):%Y/%m/%d}/[$LATEST]{identity[:32]}"
            events = [_event(service, identity, start, turn) for turn in range(INVOCATIONS)]
            yield json.dumps({"logGroup": f"/aws/lambda/{service.name}", "logStream": stream, "logEvents": events})


def _event(service: Service, identity: str, start: datetime, turn: int) -> dict[str, object]:
    request = hashlib.sha256(f"{identity}/{turn}".encode()).hexdigest()
    when = start + timedelta(minutes=7 * turn)
    grown = service.first + (service.most - service.first) * turn // (INVOCATIONS - 1)
    spread = int(identity[:4], 16) % 5 if service.memory_size > service.most + 1 else 0
    duration = 30_000 + 8 * int(request[:3], 16)
    init = "\tInit Duration: 612.40 ms" if turn == 0 else ""
    request_id = "-".join((request[:8], request[8:12], request[12:16], request[16:20], request[20:32]))
    message = (
        f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\tBilled Duration: {int(duration) + 1} ms\t"
        f"Memory Size: {service.memory_size} MB\tMax Memory Used: {max(grown - spread, 1)} MB{init}\t\n"
    )
    return {"id": request[:56], "timestamp": ms_from_seconds(when.timestamp()), "message": message}
