"""Rendered pages in a walk: through Scrapy, into the archive and out of it again, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from archive.replay import Replay
from archive.warc import WarcWriter
from core import browser
from core.errors import CopytrailError, NotRecorded
from core.exchange import Response
from core.http import Client
from core.network import LoopbackRoute
from core.records import Post
from core.source import Cursor, Target
from core.times import SystemClock
from spiders.base import Ask, Found, PageSource
from spiders.engine import crawl
from spiders.rendered import Renderer
from tests.core.wicked import Wicked, answer
from tests.spiders.rendering import BRISK, html, processes, script

SITE = "http://site.example/"
RANDOM = "fetch('/x?v=' + Math.random() + '&d=' + Date.now()).then(r => r.text()).then(t => p.innerText = t)"


class Shown(PageSource):
    """Reads a page as it came, then rendered, then a page it leads to, rendered in the same browser."""

    id: ClassVar[str] = "shown.page"
    robots = "api"
    requests_per_minute = 600

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page as it comes."""
        return [Ask(target.url)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the paragraph of each page; each leads to the next."""
        words = page.text.partition("<p id=" if not ask.rendered else '<p id="p">')[2].partition("</p>")[0]
        yield Post(platform="shown", native_id=f"{ask.step}: {words.removeprefix('p>')}", capture=page.capture)
        if ask.step == "page":
            yield Ask(page.url, "rendered", rendered=True)
            yield Ask(f"{page.url}2", "second", rendered=True)


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as running:
        running.on("/", html(f"<p id=p>raw</p><script>{RANDOM}</script>"))
        running.on("/2", html("<p id=p>raw</p><script src=/s.js></script>"))
        running.on("/s.js", script("p.innerText = 'made by a script at ' + new Date().getUTCFullYear()"))
        running.on("/x", answer(b"fetched"))
        yield running


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "Renderer", lambda: Renderer(BRISK))


def collect(http: Client) -> tuple[list[Post], CopytrailError | None]:
    found: list[Post] = []
    try:
        for one in Shown(http).collect(Target(SITE), Cursor()):
            assert isinstance(one, Post)
            found.append(one)
    except CopytrailError as error:
        return found, error
    return found, None


def test_a_rendered_walk_is_the_same_from_the_archive(server: Wicked, tmp_path: Path) -> None:
    with WarcWriter(tmp_path, software="test") as writer:
        live = Client(transport=LoopbackRoute(server.port), clock=SystemClock(), robots="api", recorder=writer,
                      requests_per_minute=600)  # fmt: skip
        posts, error = collect(live)
        written = {one.record_id: one.url for one in writer.drain()}
    year = time.gmtime().tm_year
    assert error is None
    assert [post.native_id for post in posts] == [
        "page: raw",
        "rendered: fetched",
        f"second: made by a script at {year}",
    ]
    assert [written[post.capture or ""] for post in posts] == [SITE, SITE, f"{SITE}2"]
    asked = len(server.asked)
    again, error = collect(Client.for_replay(Replay(tmp_path.glob("*.warc.gz"))))
    assert error is None
    assert [post.native_id for post in again] == [post.native_id for post in posts]
    assert {post.capture for post in again} <= set(written)
    assert len(server.asked) == asked, "replay asks nobody"


def test_what_no_record_answers_is_not_rendered(server: Wicked, tmp_path: Path) -> None:
    with WarcWriter(tmp_path, software="test") as writer:
        http = Client(transport=LoopbackRoute(server.port), clock=SystemClock(), robots="api", recorder=writer)
        http.get(SITE)
    posts, error = collect(Client.for_replay(Replay(tmp_path.glob("*.warc.gz"))))
    assert [post.native_id for post in posts] == ["page: raw", "rendered: raw"], "its parts are not there"
    assert isinstance(error, NotRecorded), "and the second page is not"


def test_a_missing_browser_names_the_remedy(server: Wicked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPYTRAIL_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    http = Client(transport=LoopbackRoute(server.port), clock=SystemClock(), robots="api", requests_per_minute=600)
    posts, error = collect(http)
    assert [post.native_id for post in posts] == ["page: raw"]
    assert "apt-get install chromium-headless-shell" in str(error)
    monkeypatch.setenv("COPYTRAIL_BROWSER", "no-such-browser")
    with pytest.raises(CopytrailError, match="COPYTRAIL_BROWSER names no-such-browser"):
        browser.find_browser()
    of_playwright = tmp_path / "chromium_headless_shell-1234" / "chrome-linux" / "headless_shell"
    of_playwright.parent.mkdir(parents=True)
    of_playwright.touch(0o755)
    monkeypatch.delenv("COPYTRAIL_BROWSER")
    assert browser.find_browser() == str(of_playwright)


def test_a_browser_that_does_not_start_names_the_remedy(server: Wicked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRAIL_BROWSER", "/bin/false")
    http = Client(transport=LoopbackRoute(server.port), clock=SystemClock(), robots="api", requests_per_minute=600)
    _, error = collect(http)
    assert "does not start" in str(error)
    assert "COPYTRAIL_BROWSER" in str(error)


HANGS = """
import asyncio, sys
from core.http import Client
from core.network import LoopbackRoute
from core.times import SystemClock
from spiders.rendered import Caps, Renderer
http = Client(transport=LoopbackRoute(int(sys.argv[1])), clock=SystemClock(), robots="api")
asyncio.run(Renderer(Caps(seconds=60)).render(http, "http://site.example/"))
"""


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_run_that_is_killed_leaves_no_browser_behind(server: Wicked, whole_group: bool) -> None:
    server.on("/", html("<script>while (true) {}</script>"))
    run = subprocess.Popen([sys.executable, "-c", HANGS, str(server.port)], start_new_session=True)
    try:
        started = wait_for(lambda: processes(run.pid, "--type=renderer"))
        assert started, "the page is being rendered"
        left = processes(run.pid, "")
    finally:
        (os.killpg if whole_group else os.kill)(run.pid, signal.SIGKILL)
        run.wait()
    assert wait_for(lambda: not alive(left)), alive(left)


def alive(pids: list[int]) -> list[str]:
    rows = subprocess.check_output(["ps", "-axo", "pid=,stat=,args="], text=True).splitlines()
    return [row for row in rows if int(row.split()[0]) in pids and not row.split()[1].startswith("Z")]


def wait_for(what: object, seconds: float = 30) -> object:
    assert callable(what)
    until = time.monotonic() + seconds
    while not (seen := what()) and time.monotonic() < until:
        time.sleep(0.1)
    return seen


def test_looking_for_plug_ins_does_not_import_the_browser() -> None:
    code = (
        "import sys, spiders; from core.registry import find; from core.source import Source; find(spiders, Source);"
        "print([m for m in sys.modules if m.startswith('playwright')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
