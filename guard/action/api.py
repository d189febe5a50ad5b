"""GitHub's REST API, as little of it as a comment needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3

from guard import __version__
from guard.errors import UsageError

_MAX_ANSWER_BYTES = 8 * 2**20
_PAGES = 20
_TIMEOUT = urllib3.Timeout(connect=10.0, read=30.0)
_RETRIES = urllib3.Retry(total=2, backoff_factor=0.5, status_forcelist=[502, 503], allowed_methods=["GET"])


class Refused(Exception):
    """GitHub answered with an error, or not at all. ``status`` is 0 where there was no answer."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"{what}: {f'status {status}' if status else 'no answer'}")
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One repository (``owner/name``) with a token. Raises :class:`UsageError` for an address that is not https."""

    url: str
    repository: str
    token: str
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=_RETRIES, timeout=_TIMEOUT))

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise UsageError("a token is only sent over https", where="GITHUB_API_URL")

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None, *, raw: bool = False) -> Any:
        """One call; ``path`` starts with a slash and is relative to the API. Raises :class:`Refused`."""
        headers = {
            "Accept": "application/vnd.github.raw+json" if raw else "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": f"headroom-guard/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None if body is None else json.dumps(body).encode()
        what = f"{method} {path.partition('?')[0]}"
        try:
            answer = self.pool.request(
                method, self.url + path, body=data, headers=headers, preload_content=False, redirect=False
            )
            content = answer.read(_MAX_ANSWER_BYTES + 1)
            answer.release_conn()
        except urllib3.exceptions.HTTPError:
            raise Refused(0, what) from None
        if not 200 <= answer.status < 300 or len(content) > _MAX_ANSWER_BYTES:
            raise Refused(answer.status, what)
        if raw:
            return content.decode("utf-8", "replace")
        try:
            return json.loads(content or b"null")
        except (ValueError, RecursionError):
            raise Refused(answer.status, what) from None

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every object of a list, over at most 20 pages of 100."""
        joint = "&" if "?" in path else "?"
        for page in range(1, _PAGES + 1):
            found = self.call("GET", f"{path}{joint}per_page=100&page={page}")
            if not isinstance(found, list):
                return
            yield from (item for item in found if isinstance(item, dict))
            if len(found) < 100:
                return
