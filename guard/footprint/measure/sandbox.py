"""A contained process: scrubbed environment, no network, read-only code, limits, killed with all it started.

Namespaces are used when the kernel lets this user make them (``unshare`` of util-linux); what could not be had is
named in :attr:`Sandbox.lacking`. A process identifier namespace ends every descendant with its first process.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from guard.units import Bytes, bytes_from_mb

TEMPORARY_MB: Final = 64
"""Room for files of the measured code; a package that writes more gets "no space left"."""
_FILE_BYTES: Final = bytes_from_mb(256)
_DATA_BYTES: Final = bytes_from_mb(4096)
_CPU_SECONDS: Final = 120
_OPEN_FILES: Final = 512
_STARTING_SECONDS: Final = 10
_NAMESPACES: Final = (
    "--user",
    "--map-root-user",
    "--net",
    "--ipc",
    "--uts",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
)
_SETUP: Final = (
    'mount -t proc proc /proc && mount -t tmpfs -o "size=$1m,mode=0700" tmpfs "$2" && '
    'mount --bind "$3" "$3" && mount -o remount,bind,ro "$3" || exit 97; shift 3; exec "$@"'
)

ENVIRONMENT: Final = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_EC2_METADATA_DISABLED": "true",
    "_HANDLER": "app.handler",
    "PYTHONDONTWRITEBYTECODE": "1",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
}
"""All that measured code sees: what a Lambda sandbox sets as far as libraries look at it, and no secret."""


@dataclass(slots=True, kw_only=True)
class Contained:
    """A running contained process. ``pid`` is the measured process itself, seen from outside."""

    process: subprocess.Popen[bytes]
    pid: int
    answers: int
    log: Path

    def tell(self, data: bytes) -> None:
        """Write to its standard input; a process that is gone is no fault here."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def said(self, limit: int = 2000) -> str:
        """The end of what it printed."""
        with open(self.log, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit))
            return file.read().decode("utf-8", "replace")


@cache
def namespaces() -> bool:
    """Whether this user may make the namespaces that contain a process."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        words = ["unshare", *_NAMESPACES, "--", "sh", "-c", _SETUP, "sh", "1", folder, "/usr", "true"]
        try:
            return subprocess.run(words, capture_output=True, timeout=20, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def lacking() -> tuple[str, ...]:
    """What could not be contained here, for the report."""
    if namespaces():
        return ()
    return ("the network was reachable, the code writable and the disk open: this kernel gives no namespaces",)


@contextmanager
def contained(words: Sequence[str], *, code: Path, environment: dict[str, str]) -> Iterator[Contained]:
    """Run a command with ``code`` read-only and a private temporary folder; end it and all it started.

    The number of the descriptor on which it answers is added as its last word.
    """
    with tempfile.TemporaryDirectory(prefix="guard-measure-", ignore_cleanup_errors=True) as folder:
        private = Path(folder) / "tmp"
        private.mkdir(mode=0o700)
        log = Path(folder) / "log"
        environ = {**environment, "HOME": str(private), "TMPDIR": str(private)}
        wrapped = list(words)
        if namespaces():
            inner = ["sh", "-c", _SETUP, "sh", str(TEMPORARY_MB), str(private), str(code), *words]
            wrapped = ["unshare", *_NAMESPACES, "--", *inner]
        reading, writing = os.pipe()
        try:
            process = _start(wrapped, environ, private, log, writing)
        finally:
            os.close(writing)
        try:
            pid = _inner(process) if namespaces() else process.pid
            yield Contained(process=process, pid=pid, answers=reading, log=log)
        finally:
            _end(process)
            os.close(reading)


def _start(
    words: Sequence[str], environ: dict[str, str], folder: Path, log: Path, writing: int
) -> subprocess.Popen[bytes]:
    with open(log, "wb") as output:
        return subprocess.Popen(
            [*words, str(writing)],
            env=environ,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(writing,),
            start_new_session=True,
        )


def _inner(process: subprocess.Popen[bytes]) -> int:
    """The process behind ``unshare --fork``, once it is there; 0 when the command ended before."""
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + _STARTING_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            found = listing.read_text().split()
            if found:
                return int(found[0])
        time.sleep(0.005)
    return 0


def limit(pid: int) -> None:
    """Bound a process before any foreign code runs in it. Raises ``OSError`` when it is gone."""
    for what, most in (
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_DATA, _DATA_BYTES),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, Bytes(0)),
        (resource.RLIMIT_NPROC, 512),
    ):
        resource.prlimit(pid, what, (most, most))


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
