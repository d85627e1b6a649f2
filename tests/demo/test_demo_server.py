"""The loopback server: hosts by header, a clock that is told, failures that pass, misbehaviour on one host."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator

import pytest

from config.audiences import Audiences, shipped
from demo import server, watchlist
from demo.replicas import misbehaving
from demo.server import Server
from demo.world import World


@pytest.fixture
def replicas(world: World) -> Iterator[Server]:
    with server.start(world, day=14, trouble=()) as running:
        yield running


def ask(
    running: Server, host: str, path: str, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    wire = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    try:
        wire.request(method, path, body or None, {"Host": host, **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = wire.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        wire.close()


def token(running: Server) -> str:
    form = b"grant_type=client_credentials"
    path = "/api/v1/access_token"
    _, _, body = ask(running, "www.reddit.com", path, "POST", form, Authorization="Basic ZGVtbzpkZW1v")
    return f"bearer {json.loads(body)['access_token']}"


def test_it_listens_on_loopback_only(replicas: Server) -> None:
    assert replicas._http.server_address[0] == "127.0.0.1"


def test_a_host_nobody_plays_is_not_there(replicas: Server) -> None:
    assert ask(replicas, "elsewhere.example", "/")[0] == 404


def test_every_request_is_in_the_log(replicas: Server) -> None:
    ask(replicas, "tidebell.example", "/feed.xml?x=1")
    seen = replicas.log[-1]
    assert (seen.host, seen.method, seen.path, seen.status) == ("tidebell.example", "GET", "/feed.xml?x=1", 200)


def test_the_clock_decides_what_is_visible(world: World, replicas: Server) -> None:
    def shown() -> int:
        return ask(replicas, "tidebell.example", "/feed.xml")[2].count(b"<item>")

    later = shown()
    replicas.advance(1)
    assert shown() < later


def test_a_feed_is_not_sent_twice_to_one_who_has_it(replicas: Server) -> None:
    _, headers, _ = ask(replicas, "tidebell.example", "/feed.xml")
    status, _, body = ask(replicas, "tidebell.example", "/feed.xml", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")


def test_long_answers_are_compressed_for_who_can_read_it(replicas: Server) -> None:
    plain = ask(replicas, "tidebell.example", "/feed.xml")[2]
    _, headers, packed = ask(replicas, "tidebell.example", "/feed.xml", Accept_Encoding="gzip, deflate")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain


def test_trouble_passes_when_asked_again(world: World) -> None:
    with server.start(world) as running:
        statuses = [ask(running, "farolesdealvane.blogspot.com", "/feeds/posts/default")[0] for _ in range(2)]
        assert statuses == [503, 200]
        status, headers, _ = ask(running, "tidepool.example", "/api/v1/accounts/lookup?acct=fanous")
        assert (status, headers["retry-after"]) == (429, "1")


def test_reddit_wants_a_token_and_counts(replicas: Server) -> None:
    assert ask(replicas, "oauth.reddit.com", "/r/MaravelleIslands/new")[0] == 401
    assert ask(replicas, "www.reddit.com", "/api/v1/access_token", "POST", b"grant_type=client_credentials")[0] == 401
    signed = token(replicas)
    status, headers, body = ask(replicas, "oauth.reddit.com", "/r/MaravelleIslands/new?limit=50", Authorization=signed)
    listing = json.loads(body)["data"]
    assert status == 200
    assert headers["x-ratelimit-used"] == "1"
    assert listing["after"] == listing["children"][-1]["data"]["name"]
    _, headers, body = ask(
        replicas, "oauth.reddit.com", f"/r/MaravelleIslands/new?after={listing['after']}", Authorization=signed
    )
    assert headers["x-ratelimit-remaining"] == "998.0"
    assert json.loads(body)["data"]["children"]


def test_reddit_cuts_long_threads_short(world: World, replicas: Server) -> None:
    thread = next(p.thread for p in world.posts if p.place.software == "reddit" and p.thread)
    _, _, body = ask(replicas, "oauth.reddit.com", f"/comments/{thread}/", Authorization=token(replicas))
    assert b'"kind":"more"' in body


def test_mastodon_leads_from_page_to_page(replicas: Server) -> None:
    number = json.loads(ask(replicas, "tidepool.example", "/api/v1/accounts/lookup?acct=brisca_bell")[2])["id"]
    path, pages, met = f"/api/v1/accounts/{number}/statuses?limit=20", 0, set[str]()
    while path:
        _, headers, body = ask(replicas, "tidepool.example", path)
        found = {status["id"] for status in json.loads(body)}
        assert not found & met
        met |= found
        pages += 1
        link = headers.get("link", "").partition('>; rel="next"')[0].partition("tidepool.example")[2]
        path = link if found else ""
    assert pages >= 3
    assert "x-ratelimit-remaining" in headers


def test_tumblr_wants_a_key_and_counts(replicas: Server) -> None:
    path = "/v2/blog/alvane-lanternscraps.tumblr.com/posts?limit=5&offset=5"
    assert ask(replicas, "api.tumblr.com", path)[0] == 401
    status, headers, body = ask(replicas, "api.tumblr.com", f"{path}&api_key=demo")
    assert status == 200
    assert headers["x-ratelimit-perhour-remaining"] == "998"
    assert len(json.loads(body)["response"]["posts"]) == 5
    assert ask(replicas, "api.tumblr.com", "/v2/blog/nobody.tumblr.com/posts?api_key=demo")[0] == 404


def test_vk_refuses_with_status_200(replicas: Server) -> None:
    status, _, body = ask(replicas, "api.vk.com", "/method/wall.get?owner_id=-1&v=5.199")
    assert (status, json.loads(body)["error"]["error_code"]) == (200, 5)


def test_telegram_leads_to_older_messages(replicas: Server) -> None:
    page = ask(replicas, "t.me", "/s/prichal_alvane")[2].decode()
    before = page.partition('data-before="')[2].partition('"')[0]
    older = ask(replicas, "t.me", f"/s/prichal_alvane?before={before}")[2].decode()
    assert f'data-post="prichal_alvane/{before}"' in page
    assert f'data-post="prichal_alvane/{int(before) - 1}"' in older
    assert ask(replicas, "t.me", "/s/alvane_back_room")[0] == 302


def test_robots_are_told(replicas: Server) -> None:
    assert b"Disallow: /drafts/" in ask(replicas, "harbourpost.example", "/robots.txt")[2]
    assert ask(replicas, "quietquay.example", "/robots.txt")[2] == b"User-agent: *\nDisallow: /\n"


def test_what_is_gone_says_so(replicas: Server) -> None:
    assert ask(replicas, "medium.com", "/feed/@alvane_vanished_voice")[0] == 410
    assert ask(replicas, "closed-stall-of-alvane.tumblr.com", "/rss")[0] == 404
    assert ask(replicas, "www.youtube.com", "/feeds/videos.xml?channel_id=UCnoSuchChannelMaravelle")[0] == 404


def test_every_watched_host_is_played(world: World, replicas: Server) -> None:
    for watched in watchlist.sources(world):
        host = watched.url.split("/")[2]
        assert host in replicas.hosts or host == "closed-stall-of-alvane.tumblr.com", host


def test_misbehaviour_is_what_its_name_says(replicas: Server) -> None:
    host = misbehaving.HOST
    assert ask(replicas, host, "/loop")[1]["location"] == "/loop/again"
    assert ask(replicas, host, "/busy.xml")[1]["retry-after"] == "7200"
    assert len(ask(replicas, host, "/huge.xml")[2]) >= misbehaving.HUGE - (1 << 20)
    with pytest.raises(EOFError):
        gzip.decompress(ask(replicas, host, "/truncated-gzip.xml")[2])
    with pytest.raises(http.client.IncompleteRead):
        ask(replicas, host, "/cut-short.xml")
    assert b"\x00" in ask(replicas, host, "/nul.xml")[2]
    assert ask(replicas, host, "/nothing-here")[0] == 404


def test_nobody_needs_the_real_platform(world: World) -> None:
    """Self-hosted software stands under .example; only platforms that cannot be elsewhere keep their hosts."""
    real = ("reddit.com", "medium.com", "blogspot.com", "livejournal.com", "tumblr.com", "substack.com",
            "youtube.com", "vimeo.com", "pinterest.com", "hive.blog", "vk.com", "bsky.app", "odysee.com", "pixiv.net",
            "ptt.cc", "t.me", "tiktok.com", "quora.com", "soundcloud.com")  # fmt: skip
    for place in world.places:
        assert place.host.endswith((".example", *real)), place.host


def test_the_invented_sites_have_an_audience_of_their_own(world: World) -> None:
    table = Audiences.model_validate(watchlist.audiences(world)).over(shipped())
    rank = {"small": {1}, "middle": {2, 3}, "large": {4, 5}}
    for place in world.places:
        known = table.of(place.platform, place.site)
        assert known is not None, place.key
        assert known.tier in rank[place.size], place.key
