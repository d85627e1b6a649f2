"""Pages that need a browser: rendered by the client's answers alone, whatever a page tries."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import AddressRefused, Blocked, RobotsForbids, TooLarge, Unavailable
from core.exchange import Response
from core.http import Client
from core.times import StillClock, SystemClock
from spiders.browser import find_browser
from spiders.rendered import Caps, Renderer
from tests.core.wicked import Act, Kept, Wicked, answer, client, drip, raw
from tests.spiders.pages import AT

SITE = "http://site.example"
BRISK = Caps(seconds=40, quiet=0.3, per_minute=60_000)


def html(body: str, **headers: str) -> Act:
    return answer(f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), Content_Type="text/html", **headers)


def script(body: str) -> Act:
    return answer(body.encode(), Content_Type="text/javascript")


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


class Forbidden:
    """A port of this machine that no page may reach, by TCP or UDP; `reached` counts who did."""

    def __init__(self) -> None:
        self.reached = 0
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for listening in (self._tcp, self._udp):
            listening.setblocking(False)

    def look(self) -> int:
        for receive in (self._tcp.accept, lambda: self._udp.recv(100)):
            try:
                receive()
                self.reached += 1
            except BlockingIOError:
                continue
        return self.reached

    def close(self) -> None:
        self._tcp.close()
        self._udp.close()


@pytest.fixture
def forbidden() -> Iterator[Forbidden]:
    port = Forbidden()
    yield port
    port.close()


def render(http: Client, *urls: str, caps: Caps = BRISK) -> list[Response]:
    """Render pages one after another in one browser."""

    async def all_of_them() -> list[Response]:
        renderer = Renderer(caps)
        try:
            return [await renderer.render(http, url) for url in urls]
        finally:
            await renderer.close()

    return asyncio.run(all_of_them())


def test_there_is_a_browser_to_test_with() -> None:
    assert Path(find_browser()).exists(), "`make setup-dev` installs one"


def test_a_page_is_what_its_scripts_make_of_it(server: Wicked, polite: Client, kept: Kept) -> None:
    server.on("/", html("<p>empty</p><script src=/s.js></script>"))
    server.on(
        "/s.js", script("fetch('/x.json').then(r => r.json()).then(x => document.querySelector('p').innerText = x.a)")
    )
    server.on("/x.json", answer(b'{"a": "The quay is closed."}', Content_Type="application/json"))
    (page,) = render(polite, f"{SITE}/#top")
    assert "<p>The quay is closed.</p>" in page.text
    assert (page.url, page.status, page.content_type, page.capture) == (f"{SITE}/", 200, "text/html", "record-1")
    assert [exchange.url for exchange in kept.exchanges] == [f"{SITE}/", f"{SITE}/s.js", f"{SITE}/x.json"]
    assert page.captured_at == kept.exchanges[0].captured_at


def test_everything_is_asked_for_under_our_name_and_without_cookies(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p></p><script>document.cookie = 'a=b';"
                        "fetch('/x', {headers: {Authorization: 'Bearer guest'}})"
                        ".then(() => document.querySelector('p').innerText = navigator.userAgent)</script>",
                        Set_Cookie="session=1"))  # fmt: skip
    server.on("/x", answer(b"1"))
    (page,) = render(polite, f"{SITE}/")
    assert "<p>copytrail/" in page.text
    asked = b"".join(server.asked).lower()
    assert asked.count(b"user-agent: copytrail/") == 2
    assert b"cookie" not in asked
    assert b"bearer" not in asked
    assert b"headless" not in asked


def test_a_redirect_ends_at_its_address(server: Wicked, polite: Client) -> None:
    server.on("/old", answer(status="302 Found", Location="/new/"))
    server.on("/new/", html("<p></p><script src=s.js></script>"))
    server.on("/new/s.js", script("document.querySelector('p').innerText = location.pathname"))
    (page,) = render(polite, f"{SITE}/old")
    assert (page.url, page.requested_url) == (f"{SITE}/new/", f"{SITE}/old")
    assert "<p>/new/</p>" in page.text


@pytest.mark.parametrize("how", ["<meta http-equiv=refresh content='0; /old'>", "<script>location = '/old'</script>"])
def test_a_page_that_leads_on_is_followed_to_its_address(server: Wicked, polite: Client, how: str) -> None:
    server.on("/", html(how))
    server.on("/old", answer(status="301 Moved", Location="/new"))
    server.on("/new", html("<p></p><script>document.querySelector('p').innerText = location.pathname</script>"))
    (page,) = render(polite, f"{SITE}/")
    assert page.url == f"{SITE}/new"
    assert "<p>/new</p>" in page.text
    assert page.capture == "record-3"


def test_pages_that_lead_on_for_ever_end(server: Wicked, polite: Client) -> None:
    server.on("/", html("<script>setTimeout(() => location = '/?' + Math.random(), 50)</script>"))
    (page,) = render(polite, f"{SITE}/")
    assert page.status == 200
    assert len(server.asked) <= 1 + 2 * BRISK.documents


TRIES = {
    "image": "<img src='{to}'>",
    "frame": "<iframe src='{to}'></iframe><object data='{to}'></object><embed src='{to}'>",
    "script": "<script src='{to}'></script><link rel=stylesheet href='{to}'>",
    "redirected": "<script src='/away'></script><img src='/away'><iframe src='/away'></iframe>",
    "fetched": "<script>fetch('{to}').catch(e => 0); fetch('/away').catch(e => 0)</script>",
    "beacon": "<script>navigator.sendBeacon('{to}', 'x'); fetch('{to}', {{method: 'POST', keepalive: true}})</script>",
    "socket": "<script>new WebSocket('ws://127.0.0.1:{port}/'); new EventSource('{to}')</script>",
    "window": "<script>window.open('{to}'); window.open('/away')</script>",
    "clicked": "<a id=a target=_blank href='{to}'>a</a><a id=b ping='{to}' href='#x'>b</a>"
    "<script>a.click(); b.click()</script>",
    "led": "<meta http-equiv=refresh content='0; {to}'>",
    "led by script": "<script>location = '{to}'</script>",
    "led by redirect": "<script>location = '/away'</script>",
    "form": "<form id=f method=post action='{to}'><input name=a value=b></form><script>f.submit()</script>",
    "prefetch": "<link rel=prefetch href='{to}'><link rel=preconnect href='{to}'>"
    "<link rel=preload as=fetch href='{to}'><link rel=prerender href='{to}'>"
    "<link rel=dns-prefetch href='{to}'><link rel=modulepreload href='{to}'>"
    '<script type=speculationrules>{{"prefetch": [{{"source": "list", "urls": ["{to}"]}}]}}</script>',
    "worker": "<script>const b = s => URL.createObjectURL(new Blob([s]));"
    "new Worker(b(`fetch('{to}'); importScripts('{to}'); new WebSocket('ws://127.0.0.1:{port}/')`));"
    "new SharedWorker(b(`fetch('{to}')`)); navigator.serviceWorker?.register('/sw.js')</script>",
    "media": "<video autoplay src='{to}'></video><audio autoplay src='{to}'></audio>"
    "<style>@font-face {{font-family: f; src: url('{to}')}} body {{font-family: f; background: url('{to}')}}</style>a",
    "calls": "<script>const c = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});"
    "c.createDataChannel('d'); c.createOffer().then(o => c.setLocalDescription(o));"
    "try {{ new WebTransport('https://127.0.0.1:{port}/') }} catch (e) {{}}</script>",
    "report": "<img src='http://elsewhere.example/x'>",
}


def test_no_page_reaches_what_the_client_does_not(server: Wicked, forbidden: Forbidden) -> None:
    """Each way out leads to a port of this machine; our client finds every name at the server, this port at none."""
    to = f"http://127.0.0.1:{forbidden.port}/x"
    policy = f"default-src * 'unsafe-inline' blob:; img-src 'none'; report-uri {to}"
    names = []
    for number, (name, body) in enumerate(TRIES.items()):
        headers = {"Link": f"<{to}>; rel=preload; as=script", "Refresh": f"9; url={to}"}
        headers |= {"Content_Security_Policy": policy} if name == "report" else {}
        server.on(f"/{number}", html(f"<p>{name}</p>" + body.format(to=to, port=forbidden.port), **headers))
        names.append(name)
    server.on("/away", answer(status="302 Found", Location=to))
    server.on("/sw.js", script(f"fetch('{to}')"))
    http = client(server, Kept(), SystemClock(), requests_per_minute=60_000)
    pages = render(http, *(f"{SITE}/{n}" for n in range(len(names))), caps=Caps(seconds=30, per_minute=60_000))
    for name, page in zip(names, pages, strict=True):
        assert f"<p>{name}</p>" in page.text, "a page that is led astray stays what it was"
    assert forbidden.look() == 0
    assert not [path for path in server.paths() if path == "/sw.js"]


def test_what_is_not_caught_finds_nobody(server: Wicked, polite: Client, forbidden: Forbidden) -> None:
    """The belt behind: with nothing caught at all, the browser reaches no port and knows no name."""
    server.on("/", html("<p></p><script src=/s.js></script>"))

    async def uncaught() -> list[str]:
        renderer = Renderer(BRISK)
        try:
            browser = await renderer._started()
            page = await browser.new_page()
            failed: list[str] = []
            page.on("requestfailed", lambda request: failed.append(str(request.failure)))
            for url in (
                f"http://127.0.0.1:{forbidden.port}/",
                f"http://localhost:{forbidden.port}/",
                "http://site.example/",
            ):
                with pytest.raises(Exception, match="net::ERR"):
                    await page.goto(url)
            return failed
        finally:
            await renderer.close()

    assert asyncio.run(uncaught()) == ["net::ERR_PROXY_CONNECTION_FAILED"] * 3
    assert forbidden.look() == 0


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:9/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"]
)
def test_a_redirect_to_what_is_forbidden_is_refused(server: Wicked, polite: Client, to: str) -> None:
    server.on("/", answer(status="302 Found", Location=to))
    with pytest.raises(AddressRefused):
        render(polite, f"{SITE}/")


def test_robots_are_asked_for_the_page_and_all_it_loads(server: Wicked, kept: Kept) -> None:
    server.on("/robots.txt", answer(b"User-agent: *\nDisallow: /no\n", Content_Type="text/plain"))
    server.on("/", html("<p></p><script src=/no.js></script><script src=/yes.js></script>"))
    for name in ("yes", "no"):
        server.on(f"/{name}.js", script(f"document.querySelector('p').append('{name} ')"))
    http = client(server, kept, SystemClock(), robots="obeyed", requests_per_minute=60_000)
    (page,) = render(http, f"{SITE}/")
    assert "<p>yes </p>" in page.text
    assert "/no.js" not in server.paths()
    with pytest.raises(RobotsForbids):
        render(http, f"{SITE}/no")


def test_pages_keep_the_pace_of_their_source_and_their_parts_a_quicker_one(server: Wicked, kept: Kept) -> None:
    server.on("/", html("<p></p>" + "".join(f"<script src=/s.js?{n}></script>" for n in range(4))))
    server.on("/s.js", script("document.querySelector('p').append('x')"))
    clock = StillClock(AT)
    begun = clock.monotonic()
    render(client(server, kept, clock, requests_per_minute=6), f"{SITE}/", f"{SITE}/", caps=Caps())
    assert len(kept.exchanges) == 10
    assert 10 <= clock.monotonic() - begun < 13, "ten seconds between two pages, a quarter between two parts"


def test_refusals_and_challenges_are_not_rendered(server: Wicked, polite: Client) -> None:
    server.on("/", answer(b"<title>Just a moment...</title><script src=/s.js></script>", status="403 Forbidden"))
    with pytest.raises(Blocked):
        render(polite, f"{SITE}/")
    assert server.paths() == ["/"]


def test_what_is_no_page_is_returned_as_it_came(server: Wicked, polite: Client) -> None:
    server.on("/", answer(b"%PDF", Content_Type="application/pdf", Content_Disposition="attachment"))
    (page,) = render(polite, f"{SITE}/")
    assert (page.body, page.content_type) == (b"%PDF", "application/pdf")


def test_pages_that_disturb_are_read_all_the_same(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p>0</p><script>alert(1); confirm(2); prompt(3); print(); onbeforeunload = () => 1;"
                        "for (let i = 0; i < 20; i++) open('about:blank'); location = '/file';"
                        "document.querySelector('p').innerText = 'calm'</script>"))  # fmt: skip
    server.on("/file", answer(b"x" * 99, Content_Type="application/octet-stream", Content_Disposition="attachment"))
    (page,) = render(polite, f"{SITE}/")
    assert "<p>calm</p>" in page.text


def test_a_page_may_open_no_windows_and_ask_nothing(server: Wicked, polite: Client) -> None:
    tried = "const said = [open('about:blank'), open('/x'), confirm('a'), prompt('b')]; document.title = said.join()"
    server.on("/", html(f"<script>{tried}</script><a id=a target=_blank href=/y>a</a><script>a.click()</script>"))
    (page,) = render(polite, f"{SITE}/")
    assert "<title>,,false,</title>" in page.text
    assert server.paths() == ["/"]


def test_a_page_sends_nothing_to_other_sites_in_our_name(server: Wicked, polite: Client) -> None:
    tried = (
        "for (const to of ['http://elsewhere.test/', 'http://api.site.example/'])"
        " fetch(to + 'sent', {method: 'POST', body: '{}'}).catch(e => 0)"
        ".then(() => fetch(to + 'read', {headers: {'X-Forwarded-For': '10.0.0.1', 'X-Own': '1'}})).catch(e => 0)"
    )
    server.on("/", html(f"<p>text</p><script>{tried}</script>"))
    for path in ("/sent", "/read"):
        server.on(path, answer(b"{}", Content_Type="application/json"))
    render(polite, f"{SITE}/")
    asked = [request.decode().lower() for request in server.asked]
    abroad = [one for one in asked if "host: elsewhere.test" in one]
    assert [one.split()[0:2] for one in abroad] == [["get", "/read"]]
    assert "x-forwarded-for" not in abroad[0]
    assert "x-own" not in abroad[0]
    own = [one for one in asked if "host: api.site.example" in one]
    assert [one.split()[0:2] for one in own] == [["post", "/sent"], ["get", "/read"]]
    assert "x-own: 1" in own[1]


def test_a_page_that_eats_memory_is_given_up(server: Wicked, polite: Client) -> None:
    server.on("/", html("<script>const all = []; for (;;) all.push(new Array(100000).fill(0.5))</script>"))
    with pytest.raises(Unavailable, match=r"crash|come to rest"):
        render(polite, f"{SITE}/", caps=Caps(seconds=20, grace=1))


def test_a_page_that_bends_every_name_is_read_all_the_same(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p>text</p><script>for (const p of [Element.prototype, document]) "
                        "Object.defineProperty(p, 'outerHTML', {get: () => 'x'.repeat(1e8)});"
                        "Object.prototype.toJSON = JSON.stringify = () => 'no'</script>"))  # fmt: skip
    (page,) = render(polite, f"{SITE}/")
    assert "<p>text</p>" in page.text


def test_scrolling_brings_what_loads_only_then(server: Wicked, polite: Client) -> None:
    body = "onscroll = () => { onscroll = null; fetch('/more').then(r => r.text()).then(t => document.body.append(t)) }"
    server.on("/", html(f"<div style='height: 9000px'></div><script>{body}</script>"))
    server.on("/more", answer(b"the second page"))
    (page,) = render(polite, f"{SITE}/")
    assert "the second page" in page.text
    (page,) = render(polite, f"{SITE}/", caps=Caps(scrolls=0, seconds=20))
    assert "the second page" not in page.text.partition("</script>")[2]


def test_endless_requests_end(server: Wicked, polite: Client) -> None:
    server.on(
        "/", html("<p>text</p><script>(function more() { fetch('/x?' + Math.random()).finally(more) })()</script>")
    )
    server.on("/x", answer(b"1"))
    (page,) = render(polite, f"{SITE}/", caps=Caps(requests=10, seconds=5, per_minute=60_000))
    assert "<p>text</p>" in page.text
    assert len(server.asked) <= 10
    assert "refused" in page.headers["x-copytrail-rendered"]


def test_an_endless_page_is_too_large(server: Wicked, kept: Kept) -> None:
    server.on("/", html("<script>document.body.append('x'.repeat(3e6))</script>"))
    http = client(server, kept, SystemClock(), max_bytes=1_000_000)
    with pytest.raises(TooLarge, match="3,000,"):
        render(http, f"{SITE}/")


def test_huge_parts_are_done_without(server: Wicked, kept: Kept) -> None:
    server.on("/", html("<p>text</p><script src=/huge.js></script>"))
    server.on("/huge.js", script("/*" + "x" * 2_000_000 + "*/document.querySelector('p').innerText = 'huge'"))
    (page,) = render(client(server, kept, SystemClock(), max_bytes=1_000_000), f"{SITE}/")
    assert "<p>text</p>" in page.text
    server.on("/huge.js", script("x" * 900_000))
    server.on("/", html("<p>text</p>" + "".join(f"<script src=/huge.js?{n}></script>" for n in range(20))))
    server.asked.clear()
    render(client(server, kept, SystemClock()), f"{SITE}/", caps=Caps(bytes=2_000_000, per_minute=60_000))
    assert len(server.asked) < 10


def test_a_slow_drip_does_not_hold_the_page_up(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p>text</p><script async src=/slow.js></script>"))
    server.on("/slow.js", drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n"))
    begun = time.monotonic()
    (page,) = render(polite, f"{SITE}/", caps=Caps(seconds=4, per_minute=60_000))
    assert "<p>text</p>" in page.text
    assert time.monotonic() - begun < 15


def test_a_page_that_never_rests_is_given_up(server: Wicked, polite: Client) -> None:
    server.on("/", html("<script>while (true) {}</script>"))
    server.on("/good", html("<p>good</p>"))

    async def both() -> Response:
        renderer = Renderer(Caps(seconds=2, grace=3))
        try:
            with pytest.raises(Unavailable, match=r"did not come to rest in 2 seconds|cannot be rendered"):
                await renderer.render(polite, f"{SITE}/")
            return await renderer.render(polite, f"{SITE}/good")
        finally:
            await renderer.close()

    assert "<p>good</p>" in asyncio.run(both()).text


def processes(of: int, kind: str) -> list[int]:
    """Return the processes below one whose command line names `kind`."""
    rows = [
        line.split(None, 2)
        for line in subprocess.check_output(["ps", "-axo", "pid=,ppid=,args="], text=True).splitlines()
    ]
    below = {of}
    for _ in rows:
        grown = below | {int(pid) for pid, parent, *_ in rows if int(parent) in below}
        if grown == below:
            break
        below = grown
    return [int(row[0]) for row in rows if int(row[0]) in below and kind in row[-1]]


def test_a_page_that_crashes_is_a_finding_and_the_next_is_read(server: Wicked, polite: Client) -> None:
    def crash(connection: socket.socket, request: bytes) -> None:
        for pid in processes(os.getpid(), "--type=renderer"):
            os.kill(pid, signal.SIGKILL)
        raw(b"HTTP/1.1 204 No Content\r\n\r\n")(connection, request)

    server.on("/", html("<p>text</p><script>fetch('/crash')</script>"))
    server.on("/crash", crash)
    server.on("/good", html("<p>good</p>"))

    async def both() -> Response:
        renderer = Renderer(BRISK)
        try:
            with pytest.raises(Unavailable, match=r"crash|rendered"):
                await renderer.render(polite, f"{SITE}/")
            return await renderer.render(polite, f"{SITE}/good")
        finally:
            await renderer.close()

    assert "<p>good</p>" in asyncio.run(both()).text
