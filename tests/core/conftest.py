"""What the tests of the wire share: what was recorded, and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.times import StillClock
from tests.core.wicked import Kept


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def clock() -> StillClock:
    return StillClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
