"""Hashes of text."""

from __future__ import annotations

import base64
import hashlib
import uuid

from guard.terraform.functions.registry import standard
from guard.terraform.values import Fault, Value

_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def hexadecimal(algorithm: str, data: bytes) -> str:
    """A digest in hexadecimal."""
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def base64_digest(algorithm: str, data: bytes) -> str:
    """A digest in Base64."""
    return base64.b64encode(hashlib.new(algorithm, data, usedforsecurity=False).digest()).decode("ascii")


@standard("md5", "string", gives="string", present=True)
def md5(text: str) -> Value:
    """MD5 in hexadecimal."""
    return hexadecimal("md5", text.encode())


@standard("sha1", "string", gives="string", present=True)
def sha1(text: str) -> Value:
    """SHA-1 in hexadecimal."""
    return hexadecimal("sha1", text.encode())


@standard("sha256", "string", gives="string", present=True)
def sha256(text: str) -> Value:
    """SHA-256 in hexadecimal."""
    return hexadecimal("sha256", text.encode())


@standard("sha512", "string", gives="string", present=True)
def sha512(text: str) -> Value:
    """SHA-512 in hexadecimal."""
    return hexadecimal("sha512", text.encode())


@standard("base64sha256", "string", gives="string", present=True)
def base64_sha256(text: str) -> Value:
    """SHA-256 in Base64."""
    return base64_digest("sha256", text.encode())


@standard("base64sha512", "string", gives="string", present=True)
def base64_sha512(text: str) -> Value:
    """SHA-512 in Base64."""
    return base64_digest("sha512", text.encode())


@standard("uuidv5", "string", "string", gives="string", present=True)
def uuid_v5(namespace: str, name: str) -> Value:
    """A name-based UUID."""
    try:
        space = _NAMESPACES.get(namespace) or uuid.UUID(namespace)
    except ValueError:
        raise Fault("uuidv5() needs a namespace") from None
    return str(uuid.uuid5(space, name))
