"""Ways out that a captured page may try: each ends at the proxy, is counted, and reaches nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.guard import Guard
from core.network import GuardedTransport
from tests.archive.browsing import needs_browser
from tests.archive.capturing import BRISK, shoot
from tests.core.wicked import Wicked, answer, drip
from tests.spiders.rendering import Forbidden, html, script
from tests.spiders.test_rendered_ways_out import TRIES

pytestmark = needs_browser
SITE = "http://site.example"


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as running:
        yield running


def test_no_page_reaches_what_the_client_does_not(server: Wicked, forbidden: Forbidden, tmp_path: Path) -> None:
    """Each of the eighteen ways is tried in a frame; every public name leads to the server, the port to none."""
    to = f"http://127.0.0.1:{forbidden.port}/x"
    policy = f"default-src * 'unsafe-inline' blob:; img-src 'none'; report-uri {to}"
    for number, (name, body) in enumerate(TRIES.items()):
        headers = {"Link": f"<{to}>; rel=preload; as=script", "Refresh": f"9; url={to}"}
        headers |= {"Content_Security_Policy": policy} if name == "report" else {}
        server.on(f"/{number}", html(f"<p>{name}</p>" + body.format(to=to, port=forbidden.port), **headers))
    server.on("/away", answer(status="302 Found", Location=to))
    server.on("/sw.js", script(f"fetch('{to}')"))
    server.on("/", html("".join(f"<iframe src='/{n}'></iframe>" for n in range(len(TRIES))) + "<p>all tried</p>"))
    shot = shoot(f"{SITE}/", tmp_path, server.port)
    assert forbidden.look() == 0
    assert b"all tried" in shot.resource("text")
    tried = [row for row in shot.info["requests"] if f"127.0.0.1:{forbidden.port}" in row["url"]]
    assert len(tried) > 20
    assert {row["outcome"] for row in tried} == {"blocked"}
    assert shot.info["checked"]["only_in_the_browser"]["number"] == 0
    assert any("WebSockets are not captured" in row.get("why", "") for row in tried)


@pytest.mark.parametrize("way", ["led", "led by script", "form"])
def test_a_page_that_leads_itself_inwards_stays_what_it_was(
    way: str, server: Wicked, forbidden: Forbidden, tmp_path: Path
) -> None:
    to = f"http://127.0.0.1:{forbidden.port}/x"
    server.on("/", html("<p>still here</p>" + TRIES[way].format(to=to, port=forbidden.port)))
    shot = shoot(f"{SITE}/", tmp_path, server.port)
    assert forbidden.look() == 0
    assert b"still here" in shot.resource("text")


@pytest.mark.parametrize("to", ["http://127.0.0.1:8081/", "http://169.254.169.254/latest/", "http://[::1]:8080/"])
def test_a_redirect_inwards_is_blocked_and_said_so(to: str, server: Wicked, tmp_path: Path) -> None:
    server.on("/", answer(status="302 Found", Location=to))
    shot = shoot(f"{SITE}/", tmp_path, server.port)
    assert shot.captured.outcome == "blocked"
    assert "not public" in (shot.captured.reason or "")
    assert shot.counts["blocked"] == 1
    assert shot.captured.records["view"] is None
    assert [one for one in shot.records() if one.kind == "metadata" and to in one.fields["warc-target-uri"]]


def test_a_redirect_to_a_file_shows_none(server: Wicked, tmp_path: Path) -> None:
    server.on("/", answer(status="302 Found", Location="file:///etc/passwd"))
    server.on("/page", html("<p>text</p><iframe src='file:///etc/passwd'></iframe><img src='http://site.example:22/'>"))
    shot = shoot(f"{SITE}/", tmp_path / "a", server.port)
    assert shot.captured.outcome != "ok"
    assert not [one for one in shot.records() if b"root:" in one.block]
    page = shoot(f"{SITE}/page", tmp_path / "b", server.port)
    assert page.outcomes()["http://site.example:22/"] == "blocked"
    assert not [one for one in page.records() if b"root:" in one.block]
    assert server.paths() == ["/", "/page", "/favicon.ico"]


def test_a_name_that_leads_inwards_is_not_asked(forbidden: Forbidden, tmp_path: Path) -> None:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", forbidden.port))]

    guard = Guard(resolve=resolve)
    settings = {"transport": GuardedTransport(guard), "guard": guard}
    shot = shoot(f"http://inward.example:{forbidden.port}/", tmp_path, 0, caps=BRISK, **settings)
    assert shot.captured.outcome == "blocked"
    assert "127.0.0.1" in (shot.captured.reason or "")
    assert forbidden.look() == 0


def test_a_name_that_nobody_knows_is_an_error_with_its_sentence(tmp_path: Path) -> None:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    guard = Guard(resolve=resolve)
    shot = shoot("https://nowhere.example/", tmp_path, 0, transport=GuardedTransport(guard), guard=guard)
    assert (shot.captured.outcome, shot.captured.status) == ("error", None)
    assert "cannot be found" in (shot.captured.reason or "")
    assert shot.counts == {"requested": 1, "recorded": 0, "failed": 1, "blocked": 0, "local": 0}
    assert shot.captured.detail["missing"]["view"]


def test_a_page_that_holds_the_browser_up_is_kept_as_far_as_it_came(server: Wicked, tmp_path: Path) -> None:
    server.on("/", html("<p>first</p><script>for (;;) {}</script>"))
    shot = shoot(f"{SITE}/", tmp_path, server.port, caps=replace(BRISK, seconds=2, step=1))
    assert (shot.captured.outcome, shot.captured.status) == ("partial", 200)
    assert "did not give" in (shot.captured.reason or "")
    assert shot.counts["recorded"] == 1
    assert shot.captured.detail["missing"]["view"]


def test_a_page_that_crashes_the_browser_is_an_error_and_what_it_asked_for_is_kept(
    server: Wicked, tmp_path: Path
) -> None:
    grow = "const a = []; for (;;) a.push(new Array(1e6).fill(Math.random()))"
    server.on("/", html(f"<p>first</p><script src=/s.js></script><script>{grow}</script>"))
    server.on("/s.js", script("1"))
    shot = shoot(f"{SITE}/", tmp_path, server.port, caps=replace(BRISK, seconds=15, step=2))
    assert (shot.captured.outcome, shot.captured.status) == ("error", 200)
    assert "crash" in (shot.captured.reason or "")
    assert shot.counts["recorded"] == 2


def test_a_server_that_says_nothing_is_an_error_in_its_time(server: Wicked, tmp_path: Path) -> None:
    server.on("/", drip(b"", b"", 0.2))
    shot = shoot(f"{SITE}/", tmp_path, server.port, caps=replace(BRISK, seconds=3, timeout=1))
    assert (shot.captured.outcome, shot.captured.status) == ("error", None)
    assert "time there was for it" in (shot.captured.reason or "")
