"""A wicked site, the polite client that reads it, and a port that no page may reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.http import Client
from core.times import SystemClock
from tests.core.wicked import Kept, Wicked, client
from tests.spiders.rendering import Forbidden


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as running:
        yield running


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def polite(server: Wicked, kept: Kept) -> Client:
    return client(server, kept, SystemClock(), requests_per_minute=60_000)


@pytest.fixture
def forbidden() -> Iterator[Forbidden]:
    port = Forbidden()
    yield port
    port.close()
