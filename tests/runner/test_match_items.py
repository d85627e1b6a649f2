"""Accounts, sites and redirects are matched from what the archive holds; what is read again adds nothing."""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.warc import WarcWriter
from core.exchange import Exchange
from core.records import Author
from runner.match_context import MatchContext
from runner.match_pages import read_archive
from storage import accounts, captures, marks, matching, pairs, redirects
from storage.engine import Database
from storage.redirects import Redirection
from tests.runner.copies import AT, post, run, save

STORY = "https://harbour.test/news/2023/storm"
TAGGED = "<html><head><title>x</title><script>ga('create', 'UA-20417355-2')</script></head><body>Storm</body></html>"


def exchange(url: str, body: str | bytes = b"", status: int = 200, **headers: str) -> Exchange:
    raw = body.encode() if isinstance(body, str) else body
    named = tuple((name.replace("_", "-"), value) for name, value in ({"Content_Type": "text/html"} | headers).items())
    return Exchange(
        method="GET", url=url, request_headers=(), request_body=b"", captured_at=AT, status=status, reason="OK",
        headers=named, body=raw,
    )  # fmt: skip


def archive(database: Database, root: Path, some: Sequence[Exchange]) -> None:
    with WarcWriter(root / "archive" / "warc", software="test") as writer:
        for one in some:
            writer.record(one)
        written = writer.drain()
    with database.write() as conn:
        captures.save_captures(conn, written, source_id=None, run_id=None)


def items(database: Database, kind: str) -> list[dict[str, Any]]:
    with database.read() as conn:
        return list(pairs.list_items(conn, f"{kind}s"))


def links(database: Database) -> set[tuple[str, str]]:
    with database.read() as conn:
        found = matching.list_pairs(conn, matching.Filter(None, "url.shared"))
        return {(row["left"][-5:], row["right"][-5:]) for row in found}


def test_short_links_match_what_a_capture_says_they_lead_to(database: Database, tmp_path: Path) -> None:
    save(database, [post(1, None, links=("https://sho.rt/abc",)), post(2, None, links=(f"{STORY}?utm_source=x",))])
    run(database, tmp_path)
    assert links(database) == set()
    archive(database, tmp_path, [exchange("https://sho.rt/abc", status=301, Location=STORY)])
    run(database, tmp_path)  # posts matched before are matched again by what is known now
    assert links(database) == {("00001", "00002")}
    save(database, [post(3, None, links=("http://sho.rt/abc",))])
    run(database, tmp_path)
    assert links(database) == {("00001", "00002"), ("00001", "00003"), ("00002", "00003")}


def test_a_page_says_what_it_is_called(database: Database, tmp_path: Path) -> None:
    html = f"<link rel=canonical href='{STORY}'><link rel=amphtml href='/a/storm.amp'>"
    away = "<meta http-equiv=refresh content='0;url=https://harbour.test/login?next=1'>"
    archive(
        database, tmp_path,
        [
            exchange("https://harbour.test/?p=7", html), exchange("https://harbour.test/x/1", away),
            exchange("https://other.test/copy", html),
            exchange("https://harbour.test/gone/page", status=302, Location="/"),
        ],
    )  # fmt: skip
    names = ("https://harbour.test/a/storm.amp", STORY, "https://other.test/copy", "https://harbour.test/x/1")
    save(database, [post(number, None, links=(link,)) for number, link in enumerate(names, 1)])
    run(database, tmp_path)
    assert links(database) == {("00001", "00002")}


def test_sites_with_one_id_are_linked_and_reading_again_adds_nothing(database: Database, tmp_path: Path) -> None:
    packed = gzip.compress(TAGGED.encode())
    some = [
        exchange("https://www.harbour.test/a", TAGGED),
        exchange("https://tideline.test/b", packed, Content_Encoding="gzip"),
        exchange("https://one.blogspot.com/b", TAGGED.replace("UA-2041", "UA-3041")),
        exchange("https://two.blogspot.com/b", TAGGED.replace("UA-2041", "UA-3041")),
        exchange("https://breakwater.test/b", TAGGED.replace("UA-2041", "UA-3041")),
        exchange("https://pier.test/api", TAGGED, Content_Type="text/plain"),
    ]
    archive(database, tmp_path, some)
    found = run(database, tmp_path)
    [pair] = [row for row in items(database, "site") if row["matcher"] == "site.marks"]
    assert (pair["left"], pair["right"], pair["strength"]) == ("harbour.test", "tideline.test", "B")
    assert pair["detail"]["value"] == "google-ua UA-20417355"
    assert found.items == 1
    assert run(database, tmp_path).items == 0
    archive(database, tmp_path, some)
    assert run(database, tmp_path).items == 0
    assert run(database, tmp_path, rebuild=True).items == 1
    assert len(items(database, "site")) == 1


def test_icons_and_pictures_are_compared_by_digest(database: Database, tmp_path: Path) -> None:
    picture = random.Random(1).randbytes(60_000)
    html = "<link rel=icon href=/icon.png><img src=/storm.jpg><img src=/dot.gif>"
    some = [exchange(f"https://{host}/", html) for host in ("harbour.test", "tideline.test")]
    for host in ("harbour.test", "tideline.test"):
        some.append(exchange(f"https://{host}/storm.jpg", picture, Content_Type="image/jpeg"))
        some.append(exchange(f"https://{host}/dot.gif", b"dot", Content_Type="image/gif"))
    archive(database, tmp_path, some)
    run(database, tmp_path)
    with database.read() as conn:
        held = marks.holders(conn, [value for *_, value in marks.fresh(conn, 0, ("image", "favicon"))])
    assert list(held.values()) == [["harbour.test", "tideline.test"]]
    [pair] = items(database, "site")
    assert pair["strength"] == "C"


def test_posts_without_links_are_not_read_again_for_them(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    read = redirects.linked_since

    def watched(conn: Any, after: int) -> Any:
        asked.append(after)
        return read(conn, after)

    monkeypatch.setattr(redirects, "linked_since", watched)
    for number in (1, 2):
        save(database, [post(number, "The harbour has been closed since the storm of last week.")])
        run(database, tmp_path)
    assert asked == sorted(set(asked))  # each time from where the last run ended


def test_look_alike_sites_that_posts_link_to(database: Database, tmp_path: Path) -> None:
    (tmp_path / "outlets.yml").write_text("outlets: {XX: [lowmarshherald.com]}\n")
    save(database, [post(1, None, links=("https://www.lowmarsh-herald.ltd/a/1", "https://lowmarshherald.com/a/1"))])
    assert run(database, tmp_path).items == 1
    [pair] = items(database, "site")
    assert (pair["left"], pair["right"], pair["matcher"]) == (
        "lowmarsh-herald.ltd",
        "lowmarshherald.com",
        "site.lookalike",
    )
    assert pair["strength"] == "B"
    assert run(database, tmp_path).items == 0


def test_accounts_called_alike_meet_across_runs(database: Database, tmp_path: Path) -> None:
    def by(number: int, platform: str, handle: str, **more: Any) -> Any:
        return post(number, None, platform, author=Author(native_id=str(number), handle=handle, name=more.get("name")))

    save(database, [by(1, "medium", "tidewat951"), by(2, "x", "ilsa1"), by(3, "medium", "breakwaterclub")])
    assert run(database, tmp_path).items == 0
    save(database, [by(4, "livejournal", "tidewat115"), by(5, "x", "BreakWater_Club"), by(6, "vk", "ilsa2")])
    assert run(database, tmp_path).items == 2
    found = {(row["left"], row["right"]): row for row in items(database, "account")}
    assert set(found) == {("livejournal:4", "medium:1"), ("medium:3", "x:5")}
    assert all(row["strength"] == "C" and row["bits"] <= 2 for row in found.values())
    for path in (tmp_path / "index" / "accounts").glob("*"):
        path.unlink()
    save(database, [by(7, "pixiv", "tidewat7")])
    assert run(database, tmp_path).items == 2
    assert run(database, tmp_path, rebuild=True).items == 4


def test_a_handle_passed_on_is_told(database: Database, tmp_path: Path) -> None:
    def by(number: int, account: str, handle: str, day: int) -> None:
        author = Author(native_id=account, handle=handle)
        save(database, [post(number, None, "x", author=author)], at=AT + timedelta(days=day))

    by(1, "a", "breakwaterclub", 0)
    by(2, "a", "somethingelse9", 5)
    run(database, tmp_path)
    by(3, "b", "breakwaterclub", 9)
    assert run(database, tmp_path).items == 1
    [pair] = items(database, "account")
    assert (pair["matcher"], pair["left"], pair["right"]) == ("account.reused", "x:a", "x:b")
    with database.read() as conn:
        assert accounts.renamed_since(conn, 0)[1]


def test_what_cannot_be_read_stops_nothing(database: Database, tmp_path: Path) -> None:
    bomb = gzip.compress(TAGGED.encode() + b" " * 60_000_000)
    some = [
        exchange("https://a.test/1", b"\x1f\x8bnot gzip", Content_Encoding="gzip"),
        exchange("https://a.test/2", b"x", Content_Encoding="br, nothing"),
        exchange("https://a.test/3", status=302, Location="http://[::1"),
        exchange("https://b.test/4", bomb, Content_Encoding="gzip"),
        exchange("https://c.test/5", TAGGED),
    ]
    archive(database, tmp_path, some)
    run(database, tmp_path)
    with database.read() as conn:
        assert marks.sites(conn) == ["c.test"]
    for path in (tmp_path / "archive" / "warc").glob("*"):
        path.write_bytes(b"damaged")
    with database.write() as conn:
        matching.forget_all(conn)
    context = MatchContext(database, tmp_path, AT)
    assert read_archive(context) == 5
    assert read_archive(context) == 0


def test_redirects_in_a_circle_or_without_end_lead_nowhere(database: Database) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)

    def leads(one: str, two: str) -> Redirection:
        return Redirection(f"https://a.test/{one}", f"https://a.test/{two}", 301, None, at)

    ring = [leads("r1", "r2"), leads("r2", "r1"), leads("s", "s")]
    chain = [leads(f"c{i}", f"c{i + 1}") for i in range(1000)]
    torn = [leads("t", "t1"), leads("t", "t2"), leads("ok", "end")]
    with database.write() as conn:
        assert redirects.resolver(conn) is None
        assert len(redirects.save(conn, [*ring, *chain, *torn])) == 1005
        assert redirects.save(conn, [*ring, *chain, *torn]) == []
        resolve = redirects.resolver(conn)
    assert resolve
    given = tuple(f"https://a.test/{name}" for name in ("r1", "c0", "t", "ok", "other"))
    assert resolve(given) == (*given[:3], "https://a.test/end", given[4])
