"""Which record answers: the same thing, the same page, the next in order; and a replayed walk is the recorded one."""

from __future__ import annotations

import gzip
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.replay import Replay
from archive.warc import read
from core.errors import NotRecorded, RateLimited, TooLarge, Unavailable
from core.exchange import Exchange
from core.http import Client
from core.times import StillClock
from tests.archive.exchanges import AT, exchange, posted, writer, written
from tests.core.wicked import Kept, Wicked, answer, client, raw

LIST = "https://site.example/list"


def replay(folder: Path, *exchanges: Exchange) -> Client:
    return Client.for_replay(Replay([written(folder, *exchanges)]))


def pages(*queries: str) -> list[Exchange]:
    """Return one exchange per query, whose body is the query."""
    return [exchange(f"{LIST}?{query}" if query else LIST, (query or "first").encode()) for query in queries]


@pytest.mark.parametrize(
    "asked",
    [
        "http://site.example/list", "https://SITE.example:443/list?", "https://site.example/%6Cist", f"{LIST}?limit=50",
        f"{LIST}?sort=new&raw_json=1&api_key=mine", f"{LIST}#part", f"{LIST}?page=1", f"{LIST}?offset=0",
    ],
)  # fmt: skip
def test_one_record_answers_however_it_is_asked_for(tmp_path: Path, asked: str) -> None:
    assert replay(tmp_path, *pages("")).get(asked).text == "first"


@pytest.mark.parametrize(
    "asked",
    [
        "https://other.example/list", "https://site.example:8080/list", "https://site.example/List",
        "https://site.example/list/2", f"{LIST}?after=x", f"{LIST}?page=2", f"{LIST}?cursor=abc", f"{LIST}?offset=50",
    ],
)  # fmt: skip
def test_what_is_not_recorded_is_said_so(tmp_path: Path, asked: str) -> None:
    http = replay(tmp_path, *pages(""))
    with pytest.raises(NotRecorded, match="No record answers GET") as told:
        http.get(asked)
    assert told.value.kind == "not_recorded"
    with pytest.raises(NotRecorded):
        http.post(LIST, data={"q": "1"})


def test_pages_are_told_apart(tmp_path: Path) -> None:
    http = replay(tmp_path, *pages("limit=10", "limit=10&after=b", "limit=10&after=c"))
    assert http.get(LIST, params={"limit": 100}).text == "limit=10"
    assert http.get(LIST, params={"limit": 100, "after": "c"}).text == "limit=10&after=c"
    assert http.get(LIST, params={"after": "b", "limit": 100}).text == "limit=10&after=b"
    with pytest.raises(NotRecorded):
        http.get(LIST, params={"after": "d"})


def test_things_are_told_apart_without_a_list(tmp_path: Path) -> None:
    http = replay(
        tmp_path, *pages("method=flowers.get&photo=1", "method=flowers.get&photo=2", "method=bees.get&photo=1")
    )
    assert http.get(LIST, params={"photo": 2, "method": "flowers.get", "sort": "x"}).text.endswith("photo=2")
    assert http.get(LIST, params={"photo": 1, "method": "bees.get"}).text.startswith("method=bees")
    with pytest.raises(NotRecorded):
        http.get(LIST, params={"photo": 3, "method": "bees.get"})


@pytest.mark.parametrize(("first", "second"), [("0", "1"), ("1", "2")])
def test_the_number_of_a_first_page_may_be_absent(tmp_path: Path, first: str, second: str) -> None:
    http = replay(tmp_path, *pages(f"page={first}", f"page={second}"))
    assert http.get(LIST, params={"page": second}).text == f"page={second}"
    assert http.get(LIST, params={"page": first}).text == f"page={first}"
    assert http.get(LIST).text == f"page={first}"


def test_an_absent_first_page_answers_0_and_1(tmp_path: Path) -> None:
    http = replay(tmp_path, *pages("", "page=2"))
    assert http.get(LIST, params={"page": 1}).text == "first"
    assert http.get(LIST, params={"page": 2}).text == "page=2"
    with pytest.raises(NotRecorded):
        http.get(LIST, params={"page": 3})


def test_the_same_request_gets_the_next_record_and_the_last_repeats(tmp_path: Path) -> None:
    http = replay(tmp_path, *(exchange(LIST, body) for body in (b"one", b"two")))
    assert [http.get(LIST).text for _ in range(3)] == ["one", "two", "two"]


def test_parameters_that_may_differ_still_choose_where_they_can(tmp_path: Path) -> None:
    http = replay(tmp_path, *pages("sort=top", "sort=new"))
    assert http.get(LIST, params={"sort": "new"}).text == "sort=new"
    assert http.get(LIST, params={"sort": "new"}).text == "sort=new"


def test_one_recorded_form_answers_any(tmp_path: Path) -> None:
    http = replay(tmp_path, posted(LIST, b"user=them&password=REDACTED", b"token"))
    assert http.post(LIST, data={"user": "us", "password": "hush"}).text == "token"


def test_forms_are_told_apart_by_what_they_ask(tmp_path: Path) -> None:
    asked = [(b"children=a%2Cb&link_id=t3", b"ab"), (b"link_id=t3&children=c", b"c"), (b"link_id=t3&children=d", b"d")]
    http = replay(tmp_path, *(posted(LIST, sent, body) for sent, body in asked))
    assert http.post(LIST, data={"children": "c", "link_id": "t3", "sort": "new"}).text == "c"
    assert http.post(LIST, data=[("link_id", "t3"), ("children", "a,b")]).text == "ab"
    with pytest.raises(NotRecorded):
        http.post(LIST, data={"children": "x", "link_id": "t3"})


def test_json_is_told_apart_however_it_is_written(tmp_path: Path) -> None:
    first = posted(LIST, b'{"context": {"v": 1}, "browse": "x"}', b"first", "application/json")
    more = posted(LIST, b'{"context": {"v": 1}, "continuation": "abc"}', b"more", "application/json")
    http = replay(tmp_path, first, more)
    assert http.post(LIST, json={"browse": "x", "context": {"v": 1}}).text == "first"
    assert http.post(LIST, json={"continuation": "abc", "context": {"v": 1}}).text == "more"
    with pytest.raises(NotRecorded):
        http.post(LIST, json={"continuation": "later", "context": {"v": 1}})


def test_a_page_token_inside_a_packed_parameter_counts(tmp_path: Path) -> None:
    http = replay(tmp_path, *pages("variables=%7B%22id%22%3A%22a%22%2C%22first%22%3A12%7D"))
    assert http.get(LIST, params={"variables": '{"id":"a","first":50}'}).status == 200
    with pytest.raises(NotRecorded):
        http.get(LIST, params={"variables": '{"id":"a","first":12,"after":"x"}'})


def test_a_revisit_answers_with_the_body_it_refers_to(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(LIST, b"body"))
    [capture] = read([path])
    head = f"WARC-Type: revisit\r\nWARC-Target-URI: {LIST}/again\r\nWARC-Payload-Digest: {capture.payload_digest}\r\n"
    block = "HTTP/1.1 200 OK\r\nX-Again: yes\r\n\r\n"
    content = f"Content-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n{block}\r\n\r\n"
    other = tmp_path / "revisit.warc"
    other.write_text(f"WARC/1.1\r\n{head}{content}", newline="")
    response = Client.for_replay(Replay([path, other])).get(f"{LIST}/again")
    assert (response.text, response.headers["x-again"]) == ("body", "yes")


def test_a_response_tells_when_it_was_captured_and_as_what(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(LIST))
    [capture] = read([path])
    warc = Replay([path])
    http = Client.for_replay(warc)
    response = http.get(LIST)
    assert (response.captured_at, response.capture) == (AT, capture.record_id)
    assert http.clock.now() == warc.latest == AT


def test_a_replayed_run_may_keep_its_own_evidence(tmp_path: Path) -> None:
    path = written(tmp_path / "theirs", exchange(LIST))
    [theirs] = read([path])
    later = StillClock(AT + timedelta(days=300))
    with writer(tmp_path / "ours", clock=later, make_id=uuid.uuid4) as warc:
        response = Client.for_replay(Replay([path]), recorder=warc).get(LIST, params={"limit": 5})
    [capture] = read((tmp_path / "ours").iterdir())
    assert response.capture == capture.record_id != theirs.record_id
    assert capture.exchange.url == LIST  # as it was asked for then, not as we ask today
    assert list(capture.exchange.request_headers) == list(theirs.exchange.request_headers)
    assert (capture.exchange.captured_at, capture.exchange.peer) == (AT, theirs.exchange.peer)
    text = gzip.decompress(capture.file.read_bytes()).decode()
    assert f"Copytrail-Replayed-From: {path.name}@{theirs.offset} {theirs.record_id}\r\n" in text


def test_replay_narrows_to_a_run(tmp_path: Path) -> None:
    old, new = exchange(LIST, b"old"), exchange(LIST, b"new", captured_at=AT + timedelta(days=1))
    path = written(tmp_path, old, new)
    first, second = (capture.record_id for capture in read([path]))
    assert Client.for_replay(Replay([path], only={second})).get(LIST).text == "new"
    assert Client.for_replay(Replay([path], until=AT + timedelta(hours=1))).get(LIST).text == "old"
    assert Client.for_replay(Replay([path], since=AT + timedelta(hours=1))).get(LIST).text == "new"
    assert len(Replay([path], only={first, second})) == 2


def test_a_replay_that_holds_nothing_is_still_no_way_to_the_network(tmp_path: Path) -> None:
    with pytest.raises(NotRecorded):
        Client.for_replay(Replay([written(tmp_path, exchange(LIST))], only=set())).get(LIST)


def test_nothing_is_waited_for_in_replay(tmp_path: Path) -> None:
    limited = exchange(LIST, b"slow", status=429, headers=(("Retry-After", "99"),))
    http = replay(tmp_path, limited, limited)
    with pytest.raises(RateLimited) as told:
        http.get(LIST)
    assert told.value.retry_after == 99
    assert isinstance(http.clock, StillClock)
    assert http.clock.slept == []


def test_what_was_cut_off_when_recorded_is_not_taken_for_whole(tmp_path: Path) -> None:
    long, lost = f"{LIST}/long", f"{LIST}/lost"
    http = replay(tmp_path, exchange(long, truncated="length"), exchange(lost, truncated="disconnect", error="lost"))
    with pytest.raises(TooLarge):
        http.get(long)
    with pytest.raises(Unavailable):
        http.get(lost)


def test_not_modified_answers_only_those_who_ask_for_changes(tmp_path: Path) -> None:
    same = exchange(LIST, b"", status=304)
    http = replay(tmp_path, exchange(LIST, b"news"), same)
    assert http.get(LIST, conditional={"etag": "1"}).text == "news"
    assert http.get(LIST, conditional={"etag": "1"}).not_modified
    assert http.get(LIST).text == "news"


def test_a_damaged_file_answers_with_what_is_readable(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(LIST), exchange(f"{LIST}/2"))
    path.write_bytes(path.read_bytes()[:-10])
    warc = Replay([path])
    assert Client.for_replay(warc).get(LIST).text == "hello"
    assert len(warc.damages) == 1


def test_a_live_walk_and_its_replay_are_the_same(tmp_path: Path) -> None:
    """Retries, redirects, packed bodies, secrets and chunks: replay sees what the live client saw."""
    packed = gzip.compress(b"packed", mtime=0)
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    with Wicked() as server:
        server.on("/token", answer(b'{"access_token":"hush"}', Content_Type="application/json"))
        server.on("/busy", answer(b"no", status="503 Busy"), answer(b"yes"))
        server.on("/moved", answer(status="301 Moved", Location="/packed?key=hush"))
        server.on("/packed", answer(packed, Content_Encoding="gzip"))
        server.on("/chunks", raw(chunks))
        with writer(tmp_path) as warc, client(server, Kept(), StillClock(AT)) as http:
            http.recorder = warc
            live = _walk(http)
            rows = warc.drain()
    assert b"hush" not in gzip.decompress((tmp_path / rows[0].file).read_bytes())
    again = _walk(Client.for_replay(Replay([tmp_path / rows[0].file])))
    assert [text for text, _ in again] == [text.replace("hush", "REDACTED") for text, _ in live]
    assert [capture for _, capture in again] == [capture for _, capture in live]


def _walk(http: Client) -> list[tuple[str, str | None]]:
    base = "https://site.example"
    answers = [http.post(f"{base}/token", data={"client_secret": "hush"}, auth=("a", "b"))]
    answers += [http.get(f"{base}/{name}", params={"key": "hush"}) for name in ("busy", "moved", "chunks")]
    return [(response.text, response.capture) for response in answers]


def test_an_empty_replay_has_no_last_moment() -> None:
    assert Client.for_replay(Replay([])).clock.now() == datetime(1970, 1, 1, tzinfo=UTC)
