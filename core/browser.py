"""Find the browser that renders and captures pages, and say how it is started; apart, so that neither imports more."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from core.errors import CopytrailError

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
REMEDY = (
    "install one (Debian: `sudo apt-get install chromium-headless-shell`; elsewhere: `.venv/bin/playwright install "
    "--only-shell chromium`), or name one in COPYTRAIL_BROWSER"
)

# no name resolves, nothing goes by UDP, and a page that wants more memory crashes where we do not
BELTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--disable-quic",
    "--js-flags=--max-old-space-size=512", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)  # fmt: skip


def environment() -> dict[str, str | float | bool]:
    """Return what a browser may see of our environment: the keys in it are none of a hostile page's business."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def find_browser() -> str:
    """Return the path of the browser to use; raise CopytrailError with the remedy where there is none."""
    if named := os.environ.get("COPYTRAIL_BROWSER"):
        if program := shutil.which(named):
            return program
        raise CopytrailError(f"COPYTRAIL_BROWSER names {named}, which is no program here; mend or unset it.")
    if found := next((path for name in NAMES if (path := shutil.which(name))), None) or next(_of_playwright(), None):
        return found
    raise CopytrailError(f"There is no browser here to render pages with: {REMEDY}.")


def _of_playwright() -> Iterator[str]:
    """Yield the browsers that Playwright itself installed, the small one first."""
    mac = Path.home() / "Library" / "Caches" / "ms-playwright"
    usual = mac if sys.platform == "darwin" else Path.home() / ".cache" / "ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or usual)
    for kind, program in (("chromium_headless_shell", "*headless*shell"), ("chromium", "chrome")):
        for path in sorted(folder.glob(f"{kind}-*/*/{program}"), reverse=True):
            if path.is_file() and os.access(path, os.X_OK):
                yield str(path)
