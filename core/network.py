"""Roads to the wire: guarded to the public web, by loopback to the demo; and the mark of those that have no wire."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import httpcore
import httpx
from httpcore import SOCKET_OPTION, NetworkStream

from core.errors import AddressRefused, Unavailable
from core.exchange import Tls
from core.guard import Guard
from core.handshake import tls_of

DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)  # time.monotonic() at which reading stops
_CONNECTIONS, _IDLE, _IDLE_SECONDS = 20, 10, 15.0


class Offline(httpx.BaseTransport):
    """Mark a transport that answers from records: nothing is on the wire, so nothing is asked, checked or waited for.

    Its responses carry the extensions `captured_at` (datetime), `record_id`, `source` (file and offset), `exhausted`
    (True where the same request would get the same record again), `truncated` (as the record has it) and `recorded`,
    the Exchange as it once was, without its body. `latest` is the moment of the last capture.
    """

    latest: datetime | None = None


class _Guarded(httpcore.NetworkBackend):
    """Look a name up once, check every address, connect to a checked one, and check the peer again."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._wire = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        problem: Exception = Unavailable(f"The name {host} has no address; check it.")
        for address in self._guard.addresses(host, port)[:4]:
            try:
                stream = self._wire.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
                continue
            return _Dated(stream, self._checked_peer(stream, host))
        raise problem

    def _checked_peer(self, stream: NetworkStream, host: str) -> tuple[str, int]:
        try:
            address, port = stream.get_extra_info("server_addr")[:2]
            self._guard.check(ipaddress.ip_address(str(address).partition("%")[0]), host)
        except OSError as error:  # gone already
            stream.close()
            raise httpcore.ConnectError(str(error)) from error
        except AddressRefused:
            stream.close()
            raise
        return str(address), int(port)


class _Dated(NetworkStream):
    """End reads at the deadline of the request, however slowly a server drips, header lines included.

    Remember whom it is connected to and what the handshake agreed on, for every answer that comes by it.
    """

    def __init__(self, stream: NetworkStream, peer: tuple[str, int], tls: Tls | None = None) -> None:
        self._stream = stream
        self._peer = peer
        self._tls = tls

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Dated:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(timeout))
        return _Dated(secured, self._peer, tls_of(secured.get_extra_info("socket")))

    def get_extra_info(self, info: str) -> Any:
        if info == "tls":
            return self._tls
        return self._peer if info == "server_addr" else self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    deadline = DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time cap is reached")
    return left if timeout is None else min(left, timeout)


class GuardedTransport(httpx.HTTPTransport):
    """Speak HTTP/1.1 to the public web and to nothing else; proxies of the environment are not used.

    `trust` is the SSL context of tests, whose servers no public authority vouches for.
    """

    def __init__(self, guard: Guard, *, trust: ssl.SSLContext | None = None) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust or httpx.create_ssl_context(trust_env=False),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_Guarded(guard),
        )


class LoopbackRoute(httpx.BaseTransport):
    """Lead hosts to plain HTTP servers on 127.0.0.1, while URL, Host header and records keep the original address.

    `ports` is one port for every host, or host -> port; "*" in it stands for all others. Nothing else on loopback
    becomes reachable: a literal address, a local name or an unlisted host raises AddressRefused.
    """

    def __init__(self, ports: int | Mapping[str, int]) -> None:
        self._ports = {"*": ports} if isinstance(ports, int) else {host.lower(): port for host, port in ports.items()}
        self._names = Guard()
        self._wire = GuardedTransport(Guard(allow_loopback=True))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the replica of its host."""
        self._names.url(str(request.url))
        host = request.url.host.lower()
        port = self._ports.get(host, self._ports.get("*"))
        if port is None:
            raise AddressRefused(f"The demo has no replica of {host}; it reaches nothing else.")
        there = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
        return self._wire.handle_request(
            httpx.Request(
                request.method, there, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()
