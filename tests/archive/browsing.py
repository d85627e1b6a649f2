"""What the tests in a real browser share."""

from __future__ import annotations

import pytest

from core.browser import find_browser
from core.errors import CopytrailError


def _there() -> bool:
    try:
        return bool(find_browser())
    except CopytrailError:
        return False


needs_browser = pytest.mark.skipif(not _there(), reason="no browser on this machine; see `copytrail doctor`")
