"""Ways out that a rendered page may try: none leads past the client."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import AddressRefused, RobotsForbids
from core.http import Client
from core.times import StillClock, SystemClock
from spiders.rendered import Caps, Renderer
from tests.core.wicked import Kept, Wicked, answer, client
from tests.spiders.pages import AT
from tests.spiders.rendering import BRISK, SITE, Forbidden, html, render, script

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
