"""Pages that need a browser: rendered by the client's answers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.browser import find_browser
from core.errors import Blocked
from core.http import Client
from spiders.rendered import Caps
from tests.core.wicked import Kept, Wicked, answer
from tests.spiders.rendering import SITE, html, render, script


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


def test_refusals_and_challenges_are_not_rendered(server: Wicked, polite: Client) -> None:
    server.on("/", answer(b"<title>Just a moment...</title><script src=/s.js></script>", status="403 Forbidden"))
    with pytest.raises(Blocked):
        render(polite, f"{SITE}/")
    assert server.paths() == ["/"]


def test_what_is_no_page_is_returned_as_it_came(server: Wicked, polite: Client) -> None:
    server.on("/", answer(b"%PDF", Content_Type="application/pdf", Content_Disposition="attachment"))
    (page,) = render(polite, f"{SITE}/")
    assert (page.body, page.content_type) == (b"%PDF", "application/pdf")


def test_scrolling_brings_what_loads_only_then(server: Wicked, polite: Client) -> None:
    body = "onscroll = () => { onscroll = null; fetch('/more').then(r => r.text()).then(t => document.body.append(t)) }"
    server.on("/", html(f"<div style='height: 9000px'></div><script>{body}</script>"))
    server.on("/more", answer(b"the second page"))
    (page,) = render(polite, f"{SITE}/")
    assert "the second page" in page.text
    (page,) = render(polite, f"{SITE}/", caps=Caps(scrolls=0, seconds=20))
    assert "the second page" not in page.text.partition("</script>")[2]
