"""The store as an object in S3, changed by conditional writes: a writer that was overtaken starts over.

``If-Match`` and ``If-None-Match`` of PutObject (S3 user guide, "How to prevent object overwrites with
conditional writes").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from guard.baselines import store
from guard.baselines.aws.session import Account, Client, Gone, faults
from guard.baselines.store import Store
from guard.errors import CannotDecide, UsageError
from guard.model import Baseline

TRIES = 10
"""How often a change starts over because another writer was faster."""
_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(\S{1,1024})\Z", re.ASCII)
_OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class S3Place:
    """One object: ``s3://bucket/key``. Raises ``UsageError`` for another URL."""

    def __init__(self, url: str, account: Account) -> None:
        match = _URL.match(url)
        if match is None:
            raise UsageError("is not the URL of an object", where=url, todo="write it as s3://bucket/key.jsonl")
        self._url = url
        self._bucket, self._key = match.groups()
        self._account = account

    def load(self) -> Store | None:
        """See :class:`guard.baselines.storage.Place`. Raises ``CannotDecide`` where S3 refuses."""
        return self._read()[0]

    def change(self, alter: Callable[[Store | None], Sequence[Baseline]], *, source: str, parse: bool = True) -> Store:
        """Replace the object by what ``alter`` makes of it; returns the new store. Raises ``CannotDecide``."""
        for _ in range(TRIES):
            present, tag = self._read(parse=parse)
            data = store.render(alter(present), source=source)
            if self._put(data, tag):
                return store.read(data, self._url)
        raise CannotDecide(
            f"other writers were faster {TRIES} times", where=self._url, todo="run the same command again"
        )

    def _client(self) -> Client:
        return self._account.client("s3", self._account.region(())[0])

    def _read(self, *, parse: bool = True) -> tuple[Store | None, str]:
        """The store and the tag of this version, ("" where there is none)."""
        try:
            with faults(f"reading {self._url}"):
                answer = self._client().get_object(Bucket=self._bucket, Key=self._key)
                data = answer["Body"].read(store.MAX_BYTES + 1)
        except Gone:
            return None, ""
        return (store.read(data, self._url) if parse else None), str(answer["ETag"])

    def _put(self, data: bytes, tag: str) -> bool:
        """Whether the object was still the one that was read, and now is this one."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is an extra

        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        try:
            with faults(f"writing {self._url}"):
                try:
                    self._client().put_object(
                        Bucket=self._bucket, Key=self._key, Body=data, ContentType="application/x-ndjson", **condition
                    )
                except ClientError as fault:
                    if fault.response.get("Error", {}).get("Code") in _OVERTAKEN:
                        return False
                    raise
        except Gone:
            raise CannotDecide("there is no such bucket", where=self._url, todo="make it, or name another") from None
        return True
