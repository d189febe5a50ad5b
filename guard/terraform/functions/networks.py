"""IP network functions.

Source: Terraform language documentation, "cidrsubnet Function" and its like. Leading zeros of IPv4 numbers,
which Terraform reads as decimal, are refused here.
"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias, Union

from guard.terraform.functions.registry import standard
from guard.terraform.numbers import Number
from guard.terraform.values import Fault, Value, strings

Network: TypeAlias = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def _network(text: str) -> Network:
    try:
        if "/" not in text:
            raise ValueError("no prefix")
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Fault(f"{text[:60]!r} is not a CIDR prefix") from None


@standard("cidrhost", "string", "number", gives="string", present=True)
def host(prefix: str, number: Number) -> Value:
    """An address in a network by number."""
    network = _network(prefix)
    size = network.num_addresses
    if not isinstance(number, int) or not -size <= number < size:
        raise Fault("cidrhost(): the network has no such host")
    return str(network.network_address + (number if number >= 0 else size + number))


@standard("cidrnetmask", "string", gives="string", present=True)
def netmask(prefix: str) -> Value:
    """The mask of an IPv4 network."""
    network = _network(prefix)
    if network.version != 4:
        raise Fault("cidrnetmask() needs an IPv4 prefix")
    return str(network.netmask)


def _subnet(network: Network, bits: Number, number: Number) -> str:
    if not isinstance(bits, int) or not isinstance(number, int) or bits < 0 or number < 0:
        raise Fault("cidrsubnet() needs whole numbers")
    length = network.prefixlen + bits
    if length > network.max_prefixlen or number >= 2**bits:
        raise Fault("cidrsubnet(): the network has no such subnet")
    base = int(network.network_address) + (number << (network.max_prefixlen - length))
    address = ipaddress.IPv4Address(base) if network.version == 4 else ipaddress.IPv6Address(base)
    return f"{address}/{length}"


@standard("cidrsubnet", "string", "number", "number", gives="string", present=True)
def subnet(prefix: str, bits: Number, number: Number) -> Value:
    """A subnet by number."""
    return _subnet(_network(prefix), bits, number)


@standard("cidrsubnets", "string", "number*", gives="list(string)", present=True)
def subnets(prefix: str, *sizes: Number) -> Value:
    """Subnets one after the other."""
    network = _network(prefix)
    at = int(network.network_address)
    end = at + network.num_addresses
    found: list[str] = []
    for bits in sizes:
        if not isinstance(bits, int) or bits < 1 or network.prefixlen + bits > network.max_prefixlen:
            raise Fault("cidrsubnets() needs whole numbers of bits that fit")
        size = 1 << (network.max_prefixlen - network.prefixlen - bits)
        at = -(-at // size) * size
        if at + size > end:
            raise Fault("cidrsubnets(): the network is full")
        address = ipaddress.IPv4Address(at) if network.version == 4 else ipaddress.IPv6Address(at)
        found.append(f"{address}/{network.prefixlen + bits}")
        at += size
    return strings(found)
