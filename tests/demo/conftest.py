"""The world of the demo, built once."""

from __future__ import annotations

import pytest

from demo import operation
from demo.world import World


@pytest.fixture(scope="session")
def world() -> World:
    return operation.build()
