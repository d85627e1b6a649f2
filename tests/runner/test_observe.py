"""Posts looked at again: edited, gone, back, walled, under another name; by API and by page, on both databases."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from archive.reading import read
from core.custody import flaws
from core.times import StillClock
from runner.rounds import Rounds
from runner.workspace import Workspace
from storage import captures, custody
from tests.runner import commands
from tests.runner.commands import Home
from tests.runner.loopback import serving

HOST = "https://mastodon.example"
URL = f"{HOST}/@ines/1094"
REF = "mastodon@mastodon.example:1094"
API = "/api/v1/statuses/1094"
TEXT = "The ferry to Maravelle leaves at noon, and the last one comes back at six in the evening."
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def status(text: str = TEXT, *, handle: str = "ines", name: str = "Ines Okoro", account: str = "7") -> bytes:
    """Return a status as Mastodon gives it."""
    return json.dumps({
        "id": "1094", "created_at": "2024-06-12T08:00:00.000Z", "edited_at": None, "in_reply_to_id": None,
        "in_reply_to_account_id": None, "sensitive": False, "spoiler_text": "", "visibility": "public",
        "language": "en", "uri": f"{HOST}/users/{handle}/statuses/1094", "url": URL, "replies_count": 0,
        "reblogs_count": 0, "favourites_count": 0, "content": f"<p>{text}</p>", "reblog": None,
        "account": {"id": account, "username": handle, "acct": handle, "display_name": name,
                    "url": f"{HOST}/@{handle}"},
        "media_attachments": [], "mentions": [], "tags": [], "emojis": [], "card": None, "poll": None,
    }).encode()  # fmt: skip


class Server:
    """What each path answers, and what was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.paths: dict[str, tuple[int, str, bytes]] = {}
        self.on(f"{API}/context", json.dumps({"ancestors": [], "descendants": []}).encode())
        self.on(API, status())

    def on(self, path: str, body: bytes, code: int = 200, kind: str = "application/json") -> None:
        self.paths[path] = (code, kind, body)

    def gone(self, code: int = 404) -> None:
        """Show the post neither by the API nor by its page."""
        self.on(API, b'{"error": "Record not found"}', code)
        self.on("/@ines/1094", b"<p>nothing</p>", code, "text/html")


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Wire(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            told.asked.append(path)
            code, kind, body = told.paths.get(path, (404, "text/html", b"<p>not here</p>"))
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Wire) as port:
        told.port = port
        yield told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StillClock:
    still = StillClock(AT)
    monkeypatch.setattr(Workspace, "clock", lambda _: still)
    return still


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path, server: Server, clock: StillClock) -> Home:
    if request.param == "sqlite":
        made = commands.workspace(tmp_path / "case", port=server.port)
        shutil.copy(request.getfixturevalue("sqlite_template"), made.folder / "copytrail.db")
    else:
        url = request.getfixturevalue("postgres_database").url.render_as_string(hide_password=False)
        made = commands.workspace(tmp_path / "case", port=server.port, url=url)
    made("add", URL, "--case", "harbour")
    made("collect", "--case", "harbour")
    clock.at += timedelta(days=1)
    return made


@pytest.fixture
def look(home: Home, clock: StillClock) -> Callable[..., list[dict[str, Any]]]:
    """Look at the post two hours later and return the rows."""

    def looking(*refs: str, status: int = 0) -> list[dict[str, Any]]:
        clock.at += timedelta(hours=2)
        return home("observe", *(refs or (REF,)), "--case", "harbour", "--json", status=status).rows

    return looking


Looking = Callable[..., list[dict[str, Any]]]


def test_the_same_answer_is_seen_and_makes_no_version(home: Home, look: Looking, server: Server) -> None:
    rows = look() + look()
    assert [(r["outcome"], r["version"], r["route"], r["state"]) for r in rows] == [("seen", 1, "api", "seen")] * 2
    assert rows[0]["sentence"].startswith("Seen at 2026-03-02T")
    records = {c.record_id: c for c in read(sorted((home.folder / "archive" / "warc").iterdir()))}
    for row in rows:
        kept = records[row["capture"]].exchange
        assert (kept.status, kept.url, kept.peer) == (200, f"{HOST}{API}", "127.0.0.1")
    assert "/@ines/1094" not in server.asked  # its own interface shows it: the page is not asked


def test_an_edit_is_a_new_version_with_its_difference(home: Home, look: Looking, server: Server) -> None:
    server.on(API, status(TEXT.replace("noon", "one").replace("evening", "morning")))
    [row] = look()
    assert (row["outcome"], row["version"], row["state"]) == ("changed", 2, "seen")
    assert "text (2 words out, 2 in)" in row["sentence"]
    assert [(p["kind"], p["text"]) for p in row["difference"] if p["kind"] != "same"] == [
        ("out", "noon"), ("in", "one"), ("out", "evening"), ("in", "morning"),
    ]  # fmt: skip
    server.on(API, status("ばんごはんは六時です"))
    look()
    server.on(API, status("ばんごはんは七時です"))
    [row] = look()
    assert [(p["kind"], p["text"]) for p in row["difference"] if p["kind"] != "same"] == [("out", "六"), ("in", "七")]
    assert row["version"] == 4


def test_edited_then_gone_then_back(home: Home, look: Looking, server: Server) -> None:
    server.on(API, status(TEXT + " Not on Sundays."))
    look()
    server.gone()
    first, second = look()
    assert [(r["outcome"], r["route"], r["status"], r["finding"]) for r in (first, second)] == [
        ("not_seen", "api", 404, "gone"), ("not_seen", "page", 404, "gone"),
    ]  # fmt: skip
    assert (first["state"], second["state"]) == ("not_seen_once", "not_seen")
    assert first["sentence"].endswith("(answer 404).")
    assert second["state_sentence"].startswith("Not seen since ")
    server.on(API, status(TEXT + " Not on Sundays."))
    [back] = look()
    assert (back["outcome"], back["version"], back["state"]) == ("seen", 2, "seen")
    post = home.posts()[0]
    assert post["text"] == TEXT + " Not on Sundays."  # what was captured stays what it was
    rows = home("table", "observations", "--format", "jsonl", "--out", "-").rows
    assert [(r["outcome"], r["state"]) for r in rows] == [
        ("changed", "seen"), ("not_seen", "not_seen_once"), ("not_seen", "not_seen"), ("seen", "seen"),
    ]  # fmt: skip


def test_walled_twice_is_no_disappearance(look: Looking, server: Server) -> None:
    server.on(API, b'{"error": "This API requires an authenticated user"}', 401)
    server.on("/@ines/1094", b"<p>Please log in to view this post.</p>", 200, "text/html")
    rows = look() + look()
    assert {(r["outcome"], r["state"]) for r in rows} == {("walled", "walled")}
    assert rows[1]["sentence"].endswith('(the page says "please log in to view").')
    assert "cannot be told" in rows[-1]["state_sentence"]


def test_a_bad_minute_tells_nothing(look: Looking, server: Server) -> None:
    server.on(API, b"down", 503)
    server.on("/@ines/1094", b"down", 503, "text/html")
    rows = look(status=1)
    assert [(r["outcome"], r["finding"], r["state"]) for r in rows] == [("unclear", "unavailable", "unknown")] * 2


def test_an_answer_nobody_foresaw_is_unclear(look: Looking, server: Server) -> None:
    server.on(API, b'["not a status"]')
    rows = look(status=1)
    assert rows[0]["outcome"] == "unclear"


def test_a_page_that_shows_the_words_outweighs_an_interface_that_does_not(look: Looking, server: Server) -> None:
    server.gone()
    page = f"<html><body><h1>Ines</h1><p>{TEXT.replace(' ', '&nbsp; ')}</p></body></html>"
    server.on("/@ines/1094", page.encode(), 200, "text/html")
    rows = look()
    assert [(r["outcome"], r["route"], r["state"]) for r in rows] == [
        ("not_seen", "api", "not_seen_once"), ("seen", "page", "seen"),
    ]  # fmt: skip


def test_a_page_without_the_words_decides_nothing_and_a_notice_does(look: Looking, server: Server) -> None:
    server.gone()
    server.on("/@ines/1094", b"<html><body>Welcome to our site</body></html>", 200, "text/html")
    assert [r["outcome"] for r in look(status=1)] == ["not_seen", "unclear"]
    server.on("/@ines/1094", "<body>Страница  не найдена</body>".encode(), 200, "text/html; charset=utf-8")
    told = look()[-1]
    assert (told["outcome"], told["state"]) == ("not_seen", "not_seen")
    assert "страница не найдена" in told["sentence"]


def test_another_name_of_the_author_is_told_and_another_account_too(look: Looking, server: Server) -> None:
    server.on(API, status(handle="ines", name="Quay News"))
    [row] = look()
    assert row["outcome"] == "seen"
    assert row["sentence"].endswith("Its author is called otherwise: name 'Quay News', before 'Ines Okoro'.")
    server.on(API, status(account="99", name="Quay News"))
    [row] = look()
    assert row["sentence"].endswith("It now stands under another account: id 99, before 7.")


def test_a_round_is_in_the_custody_log(home: Home, look: Looking, server: Server) -> None:
    look()
    server.gone()
    look()
    workspace = Workspace.open(home.folder)
    with workspace.database.read() as conn:
        log = list(custody.log(conn, 1))
    workspace.database.close()
    assert list(flaws(log)) == []
    rounds = [entry for entry in log if entry["event"] == "observed"]
    assert [entry["note"]["looks"] for entry in rounds] == [{"seen": 1}, {"not_seen": 2}]


def test_what_is_due_is_looked_at_and_nothing_else(home: Home, clock: StillClock, server: Server) -> None:
    said = home("observe", "--due", status=2).err
    assert "set `every` in the section [observe]" in said
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write('[observe]\nevery = "7d"\nposts = "all"\n')
    assert home("observe", "--due", "--json").rows == []
    clock.at += timedelta(days=7)
    assert [r["outcome"] for r in home("observe", "--due", "--json").rows] == ["seen"]
    assert home("observe", "--due", "--json").rows == []
    server.gone()
    server.on("/@ines/1094", b"<p>?</p>", 503, "text/html")
    clock.at += timedelta(days=7)
    home("observe", "--due", "--json", status=1)
    clock.at += timedelta(minutes=30)
    assert home("observe", "--due", "--json").rows == []
    clock.at += timedelta(minutes=31)
    assert home("observe", "--due", "--json", status=1).rows[0]["state"] == "not_seen"  # the second try


def test_posts_that_are_not_there_are_named(home: Home) -> None:
    assert "mastodon:0" in home("observe", "mastodon:0", "--case", "harbour", status=2).err
    assert "--case CASE" in home("observe", REF, status=2).err
    home("observe", REF, "--due", status=2)


def test_on_the_terminal_a_difference_is_one_line(home: Home, server: Server) -> None:
    server.on(API, status(TEXT.replace("noon", "one")))
    out = home("observe", REF, "--case", "harbour").out
    assert "leaves at [-noon-]{+one+}, and" in out


def test_a_page_read_by_a_spider_is_looked_at_in_a_process_of_its_own(
    home: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # a child has the clock of the machine; so must we
    story = "The new sea wall will be two metres higher than the old one, the harbour board said. " * 8
    body = f"<article><h1>Sea wall</h1><p>{story}</p></article>"
    page = f"<html><head><title>Sea wall</title></head><body>{body}</body></html>"
    server.on("/story", page.encode(), 200, "text/html")
    server.on("/robots.txt", b"", 200, "text/plain")
    line = {"platform": "web", "native_id": "x", "url": "https://quay.example/story", "route": "page", "text": story}
    (home.folder / "in.ndjson").write_text(json.dumps(line))
    home("import", home.folder / "in.ndjson", "--case", "harbour", "--format", "ndjson")
    ref = next(post["ref"] for post in home.posts() if post["url"] == "https://quay.example/story")
    rows = home("observe", ref, "--case", "harbour", "--json").rows
    assert [(r["outcome"], r["route"]) for r in rows][-1] == ("seen", "page")
    server.on("/story", b"gone", 410, "text/html")
    rows = home("observe", ref, "--case", "harbour", "--json").rows
    assert [(r["outcome"], r["status"]) for r in rows] == [("not_seen", 410)]


def test_watch_looks_again_at_what_is_due_away_from_hosts_where_a_run_is_under_way(
    home: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write('[observe]\nevery = "1h"\nposts = "all"\n')
    monkeypatch.undo()  # the child has the clock of the machine, on which the post was last seen long ago
    server.asked.clear()
    workspace = Workspace.open(home.folder)
    warned: list[str] = []
    rounds = Rounds(workspace, None, pause=0.0)
    rounds.tick({"mastodon.example"}, warned.append)
    assert rounds.hosts == frozenset()  # a run is at that host
    rounds.tick(set(), warned.append)
    assert rounds.hosts == {"mastodon.example"}
    end = time.monotonic() + 60
    while rounds.hosts and time.monotonic() < end:
        time.sleep(0.05)
        rounds.tick(set(), warned.append)
    workspace.database.close()
    assert (warned, API in server.asked) == ([], True)
    assert [r["outcome"] for r in home("table", "observations", "--format", "jsonl", "--out", "-").rows] == ["seen"]


def test_what_a_look_brought_belongs_to_the_records_of_the_case(home: Home, look: Looking) -> None:
    [row] = look()
    workspace = Workspace.open(home.folder)
    with workspace.database.read() as conn:
        assert row["capture"] in captures.of_case(conn, "harbour")
    workspace.database.close()
