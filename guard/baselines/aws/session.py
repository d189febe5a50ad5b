"""Clients of AWS, and its faults in guard's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from guard import __version__
from guard.errors import CannotDecide, UsageError

Client: TypeAlias = Any
"""A boto3 client; boto3 makes its methods at run time."""

ATTEMPTS = 8
"""Tries of one request: botocore waits up to 20 s between them, so a throttled pull goes on for minutes."""


class Gone(Exception):
    """A log group, function or query that is not there (any more)."""


class Busy(Exception):
    """The service asks to start fewer things at once."""


Kind: TypeAlias = Literal["credentials", "denied", "gone", "busy", "invalid", "other"]

_KINDS: dict[str, Kind] = {
    "ExpiredToken": "credentials",
    "ExpiredTokenException": "credentials",
    "InvalidClientTokenId": "credentials",
    "UnrecognizedClientException": "credentials",
    "InvalidSignatureException": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "RequestExpired": "credentials",
    "AccessDenied": "denied",
    "AccessDeniedException": "denied",
    "UnauthorizedOperation": "denied",
    "ResourceNotFoundException": "gone",
    "NoSuchBucket": "gone",
    "NoSuchKey": "gone",
    "LimitExceededException": "busy",
    "ThrottlingException": "busy",
    "TooManyRequestsException": "busy",
    "MalformedQueryException": "invalid",
    "InvalidParameterException": "invalid",
}


@contextmanager
def faults(doing: str) -> Iterator[None]:
    """Turn botocore's exceptions into ours: ``Gone``, ``Busy``, else ``CannotDecide`` with the next step.

    No message of AWS with an account id in it gets out: only its code does.
    """
    import botocore.exceptions as theirs  # noqa: PLC0415 - boto3 is an extra

    try:
        yield
    except theirs.ClientError as fault:
        code = str(fault.response.get("Error", {}).get("Code", "unknown"))
        kind = _KINDS.get(code, "other")
        if kind == "gone":
            raise Gone(doing) from None
        if kind == "busy":
            raise Busy(doing) from None
        raise CannotDecide(f"AWS refuses while {doing}: {code}", todo=_TODO[kind]) from None
    except (theirs.NoCredentialsError, theirs.PartialCredentialsError, theirs.TokenRetrievalError) as fault:
        raise CannotDecide(
            f"no credentials for AWS while {doing}: {type(fault).__name__}", todo=_TODO["credentials"]
        ) from None
    except theirs.NoRegionError:
        raise UsageError("no region is set", todo="name one with --region or AWS_DEFAULT_REGION") from None
    except theirs.ProfileNotFound:
        raise UsageError("there is no such profile in the AWS settings", todo="name another with --profile") from None
    except (theirs.HTTPClientError, theirs.BotoCoreError) as fault:
        raise CannotDecide(f"AWS does not answer while {doing}: {type(fault).__name__}", todo=_TODO["other"]) from None


_TODO: dict[Kind, str] = {
    "credentials": "renew the credentials and run the same command again: it goes on where it stopped",
    "denied": "grant what guard baseline policy prints",
    "invalid": "please report this, with guard's version",
    "other": "run the same command again: it goes on where it stopped",
    "gone": "",
    "busy": "",
}


@dataclass(frozen=True, kw_only=True)
class Account:
    """How to reach one account: a profile, a chain of roles to take on one after the other, regions."""

    environ: Mapping[str, str]
    profile: str = ""
    roles: tuple[str, ...] = ()
    _made: dict[tuple[str, str, int], Client] = field(default_factory=dict)

    def region(self, named: Sequence[str]) -> tuple[str, ...]:
        """The regions to look at: the named ones, else the environment's or the profile's. Raises ``UsageError``."""
        if named:
            return tuple(dict.fromkeys(named))
        for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            if self.environ.get(variable):
                return (self.environ[variable],)
        with faults("reading the AWS settings"):
            found = _boto3().session.Session(profile_name=self.profile or None).region_name
        if not found:
            raise UsageError("no region is set", todo="name one with --region or AWS_DEFAULT_REGION")
        return (str(found),)

    def client(self, service: str, region: str, *, attempts: int = ATTEMPTS) -> Client:
        """A client with adaptive retries; the roles are taken on when it is first needed.

        With fewer ``attempts`` throttling comes back as ``Busy`` soon, for a caller that starts fewer things.
        """
        key = (service, region, attempts)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _client(self._session(region), service, region, attempts)
        return made

    def _session(self, region: str) -> Any:
        boto3 = _boto3()
        with faults("reading the AWS settings"):
            session = boto3.session.Session(profile_name=self.profile or None, region_name=region)
        for role in self.roles:
            with faults("taking on a role"):
                answer = _client(session, "sts", region).assume_role(RoleArn=role, RoleSessionName="headroom-guard")
            keys = answer["Credentials"]
            session = boto3.session.Session(
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
                region_name=region,
            )
        return session


def _client(session: Any, service: str, region: str, attempts: int = ATTEMPTS) -> Client:
    from botocore.config import Config  # noqa: PLC0415 - boto3 is an extra

    config = Config(
        retries={"mode": "adaptive" if attempts == ATTEMPTS else "standard", "total_max_attempts": attempts},
        user_agent_extra=f"headroom-guard/{__version__}",
        connect_timeout=10,
        read_timeout=60,
    )
    with faults(f"setting up {service}"):
        return session.client(service, region_name=region, config=config)


def _boto3() -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra, and slow to import
        import boto3.session  # noqa: PLC0415
    except ImportError:
        raise UsageError("this needs boto3, which is not installed", todo="pip install 'headroom-guard[aws]'") from None
    return boto3
