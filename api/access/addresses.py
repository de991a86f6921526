"""Where a request comes from. A forwarded address is believed only where PROXIES says who writes it."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request


def address_key(request: HttpRequest | Request) -> str:
    """A key of the client's address, equal for equal addresses: what is counted by address is kept under it,
    so that no address is stored."""
    address = _parse(read_address(request))
    # Of IPv6 the first half only: the other half a client has to itself, to change at will.
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False).network_address
    # With the site's secret, or the few addresses that there are could be tried one after the other.
    return salted_hmac("data_processing.address", str(address), algorithm="sha256").hexdigest()[:32]


def read_address(request: HttpRequest | Request) -> str:
    """The address that the outermost of our proxies saw; the peer's own where there is no proxy, or where the
    request came past it."""
    peer: str = request.META.get("REMOTE_ADDR") or ""
    # Fewer entries than proxies: it came past one of them, and nobody vouches for what they say.
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    if not 0 < settings.PROXIES <= len(hops):
        return peer
    # From the right: what stands left of our proxies' entries was written by strangers.
    told = hops[-settings.PROXIES].strip()
    return told if _parse(told) is not None else peer


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
