"""Log files in S3: export tasks' and Firehose's objects, read one after the other without keeping copies."""

from __future__ import annotations

import re
from typing import IO

from guard.baselines.aws.session import Account, Busy, Client, Gone, faults
from guard.baselines.files import LogFile
from guard.baselines.streams import parse_stream
from guard.errors import CannotDecide, UsageError

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(\S{0,1024})\Z", re.ASCII)


def archive_files(url: str, account: Account) -> list[LogFile]:
    """The objects below ``s3://bucket/prefix``, sorted. ``UsageError`` for another URL or where there are none."""
    match = _URL.match(url)
    if match is None:
        raise UsageError("is not a place in S3", where=url, todo="write it as s3://bucket/prefix/")
    bucket, prefix = match.groups()
    client = account.client("s3", account.region(())[0])
    keys: list[str] = []
    try:
        with faults(f"listing {url}"):
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                keys.extend(str(one["Key"]) for one in page.get("Contents", []) if one.get("Size"))
    except Gone:
        raise UsageError("there is no such bucket", where=url, todo="look at its name and region") from None
    except Busy:
        raise CannotDecide("S3 throttles the listing", where=url, todo="run it again later") from None
    if not keys:
        raise UsageError("nothing lies there", where=url, todo="name a prefix that holds log files")
    return [_file(client, bucket, key) for key in sorted(keys)]


def _file(client: Client, bucket: str, key: str) -> LogFile:
    url = f"s3://{bucket}/{key}"
    folder = key.rpartition("/")[0].rpartition("/")[2]

    def fetch(into: IO[bytes]) -> None:
        try:
            with faults(f"reading {url}"):
                client.download_fileobj(bucket, key, into)
        except (Gone, Busy):
            raise CannotDecide("could not be fetched", where=url, todo="run it again") from None

    return LogFile(label=url, path=None, stream=folder if parse_stream(folder) else "", fetch=fetch)
