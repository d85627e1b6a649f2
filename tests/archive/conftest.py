"""What the tests of the archive share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.spiders.rendering import Forbidden


@pytest.fixture
def forbidden() -> Iterator[Forbidden]:
    port = Forbidden()
    yield port
    port.close()
