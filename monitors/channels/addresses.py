"""Which addresses may be posted to: those of the public internet, and of networks that a setting opens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings

from monitors.channels.channel import NotDelivered

Address = IPv4Address | IPv6Address
# IPv4 in IPv6 by a gateway of one's network (RFC 6052), which ipaddress counts as public.
NAT64 = IPv6Network("64:ff9b::/96")
MOST_ADDRESSES = 4


async def resolve(host: str, port: int) -> Sequence[Address]:
    """The addresses of a host, all of which may be posted to. Raises NotDelivered."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f"the name {host} cannot be resolved: {error}") from None
    addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    # One that leads inside is no mistake of a public name: nothing goes to the others either.
    for address in addresses:
        if not may_reach(address):
            raise NotDelivered(f"{host} leads to {address}, where nothing may be posted to")
    return addresses[:MOST_ADDRESSES]


def may_reach(address: Address) -> bool:
    """Whether it is public, or in a network of WEBHOOK_NETWORKS; so must be what is inside of it."""
    return all(_is_open(one) for one in _unwrap(address))


def _is_open(address: Address) -> bool:
    if any(
        address.version == network.version and address in network for network in settings.WEBHOOK_NETWORKS
    ):
        return True
    # Each says something that the others do not: groups and much that is reserved count as global.
    closed = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not closed and not getattr(address, "is_site_local", False)


def _unwrap(address: Address) -> Iterator[Address]:
    """The address that a packet goes to in the end; of a tunnel both its ends."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour is not None:
            yield address.sixtofour
