"""The hard page, in a real browser: every body as it came over the wire, each asked for once, and the numbers agree."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.page_answers import Caps
from archive.records import Record
from demo.replicas import hard
from tests.archive.browsing import needs_browser
from tests.archive.capturing import BRISK, Shot, shoot
from tests.archive.hard_site import HardSite

pytestmark = needs_browser
COOKIES = (b"k3XqP9mZ2v", b"s8Lw1TnQ4b")
DONE = ("film", "blob 16384", "posted high", "redirected new", "preflight abroad", "range 206 10", "range 206 5",
        "worker worker", "shared shared", "service")  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[HardSite]:
    with HardSite() as running:
        yield running


@pytest.fixture(scope="module")
def shot(site: HardSite, tmp_path_factory: pytest.TempPathFactory) -> Shot:
    return shoot(f"https://{hard.SITE}/", tmp_path_factory.mktemp("hard"), site.port, robots="obeyed")


def answers(shot: Shot) -> dict[str, tuple[bytes, bytes, Record]]:
    """Return head, body and record of each answer, by method and address."""
    methods = {one.fields["warc-concurrent-to"].strip("<>"): one.block.split(b" ", 1)[0].decode()
               for one in shot.records() if one.kind == "request"}  # fmt: skip
    found = {}
    for one in shot.records():
        if one.kind == "response":
            head, _, body = one.block.partition(b"\r\n\r\n")
            found[f"{methods[one.id]} {one.fields['warc-target-uri']}"] = head, body, one
    return found


def test_every_body_stands_in_the_archive_as_the_server_sent_it(shot: Shot, site: HardSite) -> None:
    kept = {name: hashlib.sha256(body).hexdigest() for name, (_, body, _) in answers(shot).items()}
    sent = {f"{method} https://{host}{path}": digest for (method, host, path), digest in site.sent.items()}
    assert kept == sent
    assert len(kept) == 29


def test_the_server_is_asked_once_for_each(shot: Shot, site: HardSite) -> None:
    assert set(site.hits.values()) == {1}
    assert all("range" not in headers for headers in site.headers.values())


def test_the_page_worked_as_in_any_browser(shot: Shot) -> None:
    text = shot.resource("text").decode()
    assert [one for one in DONE if one not in text.splitlines()] == []


def test_what_was_requested_is_recorded_and_the_browser_knows_of_nothing_else(shot: Shot) -> None:
    assert shot.captured.outcome == "ok"
    assert shot.counts == {"requested": 27, "recorded": 27, "failed": 0, "blocked": 0, "local": 3}
    assert shot.info["checked"]["only_in_the_browser"]["number"] == 0
    assert shot.info["checked"]["both"] == 25


def test_headers_stand_as_they_came_and_cookies_lose_only_their_values(shot: Shot, site: HardSite) -> None:
    head, body, _ = answers(shot)[f"GET https://{hard.SITE}/"]
    assert re.findall(rb"(?im)^set-cookie: .*?(?=\r|$)", head) == [
        b"Set-Cookie: visit=REDACTED; Path=/; HttpOnly", b"set-cookie: lamp=REDACTED; Path=/; SameSite=Lax",
    ]  # fmt: skip
    assert b"Content-Encoding: gzip" in head
    assert body[:2] == b"\x1f\x8b"
    assert "visit=" in site.headers["GET", hard.SITE, "/page.js"]["cookie"], "the site gets its cookies back"
    assert not [one.id for one in shot.records() if any(value in one.block for value in COOKIES)]


def test_requests_say_who_asks(shot: Shot, site: HardSite) -> None:
    assert {headers["user-agent"] for headers in site.headers.values()} == {"copytrail/0.1 (+contact not set)"}


def test_ranges_are_served_out_of_one_whole_answer(shot: Shot) -> None:
    rows = [row for row in shot.info["requests"] if row["url"].endswith("/tides.csv")]
    assert [(row["outcome"], row.get("ranges")) for row in rows] == [
        ("recorded", ["bytes=10-19", "bytes=-5"]), ("local", None),
    ]  # fmt: skip
    _, _, record = answers(shot)[f"GET https://{hard.SITE}/tides.csv"]
    assert record.fields["copytrail-asked"] == "whole; the browser asked for bytes=10-19"


def test_what_is_shown_stands_beside_it(shot: Shot) -> None:
    from PIL import Image
    from pypdf import PdfReader

    view, full = (Image.open(io.BytesIO(shot.resource(name))) for name in ("view", "full"))
    assert view.size == (1280, 800)
    assert full.size[0] == 1280
    assert full.size[1] > 3000
    assert Image.open(io.BytesIO(shot.resource("thumbnail"))).size == (320, 200)
    assert "The light at Vane" in PdfReader(io.BytesIO(shot.resource("pdf"))).pages[0].extract_text()
    assert b'<ul id="said"><li>' in shot.resource("dom")
    targets = {one.fields["warc-target-uri"] for one in shot.records() if one.kind == "resource"}
    names = ("view", "fullpage", "thumbnail", "dom", "text", "pdf", "pageinfo")
    assert {f"urn:{name}:https://{hard.SITE}/" for name in names} <= targets
    (blob,) = shot.info["blobs"]
    assert blob["url"] in targets


def test_the_form_of_capture_json_is_kept(shot: Shot) -> None:
    told = shot.captured.detail
    assert {"id", "url", "final_url", "started", "ended", "seconds", "outcome", "reason", "status", "redirects",
            "system", "browser", "viewport", "locale", "time_zone", "server", "requests", "truncated", "redacted",
            "strangers", "records", "missing"} <= set(told)  # fmt: skip
    assert told["strangers"] == 0, "the browser itself is none"
    assert told["server"]["address"] == "127.0.0.1"
    assert told["redacted"]["header-set-cookie"] == 2
    assert set(told["records"]) == {"document", "view", "full", "thumbnail", "dom", "text", "pdf", "pageinfo"}


@pytest.mark.slow
def test_a_file_of_120_megabytes_is_kept_whole(site: HardSite, tmp_path: Path) -> None:
    site.hits.clear()
    caps = replace(Caps(), per_minute=60_000)
    shot = shoot(f"https://{hard.SITE}/?large", tmp_path, site.port, caps=caps)
    (row,) = [row for row in shot.info["requests"] if row["url"].endswith("/large.bin")]
    assert row["sha256"] == site.sent["GET", hard.SITE, "/large.bin"]
    assert row["bytes"] == hard.LARGE
    assert site.hits["GET", hard.SITE, "/large.bin"] == 1
    assert f"large {hard.LARGE}" in shot.resource("text").decode()
    (record,) = [one for one in shot.records() if one.fields.get("warc-target-uri", "").endswith("/large.bin")
                 and one.kind == "response"]  # fmt: skip
    assert hashlib.sha256(record.block.partition(b"\r\n\r\n")[2]).hexdigest() == row["sha256"]


def test_what_meets_a_cap_is_kept_as_far_as_it_came(site: HardSite, tmp_path: Path) -> None:
    site.hits.clear()
    shot = shoot(f"https://{hard.SITE}/?large", tmp_path, site.port, caps=replace(BRISK, answer_bytes=2_000_000))
    assert shot.captured.outcome == "partial"
    assert shot.captured.detail["truncated"] == [f"https://{hard.SITE}/large.bin"]
    (record,) = [one for one in shot.records() if one.fields.get("warc-truncated")]
    assert record.fields["warc-truncated"] == "length"
    assert len(record.block.partition(b"\r\n\r\n")[2]) == 2_000_000
