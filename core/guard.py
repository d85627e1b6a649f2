"""Which addresses may be reached: the name is checked before it is looked up, the address before and after connect."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import ada_url

from core.errors import AddressRefused, BadInput, Unavailable
from core.redact import redact_url

Resolve = Callable[..., list[Any]]  # the shape of socket.getaddrinfo
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LONGEST_URL = 8_192  # characters; servers refuse from 8 kB on (RFC 9110, 4.1, asks for 8,000 at least)
_PORTS_BELOW_1024 = frozenset({80, 443, 591, 593, 832})
_PORTS_REFUSED = frozenset({  # the WHATWG fetch list of ports that speak something else, and common databases
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    2375, 2379, 3306, 5432, 6379, 9200, 11211, 27017,
})  # fmt: skip
_NETWORKS_REFUSED = tuple(ipaddress.ip_network(block) for block in (
    "0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "240.0.0.0/4", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10", "fe80::/10",
    "fc00::/7", "ff00::/8",
))  # fmt: skip
_UNICAST = ipaddress.ip_network("2000::/3")  # what IANA hands out; nothing else of IPv6 is the public web
_REMEDY = "only the public web is read; a demo or test workspace may allow loopback"


class NameUnknown(Unavailable):
    """Report that a host has no address: there is nobody to ask, not even for robots.txt."""


class Guard:
    """Refuse every address that is not of the public web.

    `allow_loopback` lets loopback and private ranges through, for demo and test workspaces only; link-local and
    metadata addresses stay refused even then. `resolve` has the shape of `socket.getaddrinfo`.
    """

    def __init__(self, *, allow_loopback: bool = False, resolve: Resolve = socket.getaddrinfo) -> None:
        self.allow_loopback = allow_loopback
        self._resolve = resolve

    def url(self, url: str) -> str:
        """Return a URL in the form a browser would send, without its fragment.

        Raises BadInput where it is none, AddressRefused where scheme, port, user part or a literal address is refused.
        """
        shown = redact_url(url[:200])
        if len(url) > _LONGEST_URL:
            raise BadInput(f"The address {shown}... is longer than {_LONGEST_URL:,} characters; shorten it.", url=shown)
        try:
            parts = ada_url.URL(url)
        except ValueError as error:
            raise BadInput(f"{shown!r} is not a web address; write it as https://host/path.", url=shown) from error
        if parts.protocol not in ("http:", "https:"):
            raise AddressRefused(f"{shown} is refused: only http and https are read.", url=shown)
        if parts.username or parts.password:
            raise AddressRefused(f"{shown} is refused: leave user and password out of the address.", url=shown)
        if parts.port and not self._port_is_sane(int(parts.port)):
            raise AddressRefused(f"{shown} is refused: no web server speaks on port {parts.port}.", url=shown)
        if (literal := _literal(parts.hostname)) is not None:
            self.check(literal, shown)
        elif not self.allow_loopback and _is_local_name(parts.hostname):
            raise AddressRefused(
                f"{shown} is refused: {parts.hostname} is a name of this machine; {_REMEDY}.", url=shown
            )
        return str(parts.href).partition("#")[0]

    def addresses(self, host: str, port: int) -> list[str]:
        """Look a host up once and return its addresses, each of them checked.

        Raises NameUnknown where there is none, AddressRefused where any address is refused: a public name that
        also points inwards is not to be trusted.
        """
        try:
            found = self._resolve(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameUnknown(f"The name {host} cannot be found; check the address and the network.") from error
        addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
        if not addresses:
            raise NameUnknown(f"The name {host} has no address; check it.")
        for address in addresses:
            self.check(ipaddress.ip_address(address), host)
        return addresses

    def check(self, address: _Address, shown: str) -> None:
        """Raise AddressRefused unless an address, unpacked from its IPv6 forms, may be reached."""
        inner = _unpacked(address)
        local = inner.is_loopback or (inner.is_private and not _in_blocks(inner))
        if self.allow_loopback and local:
            return
        refused = not inner.is_global or inner.is_multicast or _in_blocks(inner) or _in_blocks(address)
        if local or refused or (inner.version == 6 and inner not in _UNICAST):
            raise AddressRefused(
                f"{shown} is refused: it leads to {address}, which is not public; {_REMEDY}.", url=shown
            )

    @staticmethod
    def _port_is_sane(port: int) -> bool:
        return port in _PORTS_BELOW_1024 or (port >= 1024 and port not in _PORTS_REFUSED)


def _in_blocks(address: _Address) -> bool:
    return any(address.version == block.version and address in block for block in _NETWORKS_REFUSED)


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").rstrip("."))
    except ValueError:
        return None


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    return (
        name == "localhost"
        or name.endswith((".localhost", ".local", ".lan", ".localdomain", ".internal", ".home.arpa"))
        or "." not in name
    )


def _unpacked(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one carries, else itself.

    Forms: mapped, 6to4, Teredo; compatible, translated (RFC 2765) and NAT64; ISATAP.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    number = int(address)
    carries = number >> 32 in (0, 0xFFFF_0000, 0x64FF9B << 64) or number >> 32 & 0xFDFF_FFFF == 0x5EFE
    if carries and number > 1:
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return address
