"""The production sources read every replica unchanged: names, times, texts, authors and links equal the world's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

import collectors
import spiders
from core.errors import CopytrailError
from core.http import Client
from core.network import LoopbackRoute
from core.records import Finding, Post, Profile
from core.registry import claim, find
from core.source import Cursor, Source
from core.times import StillClock
from demo import server, watchlist
from demo.replicas.xenforo import QUOTED
from demo.server import Server
from demo.watchlist import Watched
from demo.world import Posting, World

SOFTWARE = (
    "blogspot", "bluesky", "discourse", "feed", "hive", "lemmy", "livejournal", "mastodon", "medium", "news", "odysee",
    "peertube", "pinterest", "pixiv", "ptt", "quora", "reddit", "soundcloud", "substack", "telegram", "tiktok",
    "tumblr", "vimeo", "vk", "wordpress", "xenforo", "youtube",
)  # fmt: skip
PASSED_ON = ("bluesky", "mastodon", "reddit", "telegram", "vk", "xenforo")  # platforms that name what is passed on
EDITS_SHOWN = ("blogspot", "discourse", "hive", "lemmy", "mastodon", "reddit", "vk")  # that say when


@dataclass
class Run:
    """What one run over the whole watchlist gave."""

    posts: dict[str, Post] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    errors: dict[str, CopytrailError] = field(default_factory=dict)
    unread: dict[str, dict[str, int]] = field(default_factory=dict)


def kinds() -> list[type[Source]]:
    rooms = (find(collectors, Source), find(spiders, Source))  # type: ignore[type-abstract]
    return [kind for room in rooms for kind in room.values()]


def collect(client: Client, watched: Watched, cursor: Cursor, run: Run) -> Cursor:
    """Walk one source as the runner does; return its cursor after the walk."""
    kind, target = claim(kinds(), watched.url, watched.route)
    source = kind(client.for_source(requests_per_minute=kind.requests_per_minute, robots=kind.robots), watchlist.KEYS)
    newest = None
    try:
        for found in source.collect(target, cursor):
            if isinstance(found, Finding):
                run.findings.append(found)
                continue
            if isinstance(found, Profile):
                continue
            run.posts[found.ref] = found
            at = found.published.at
            newest = at if newest is None or (at and at > newest) else newest
    except CopytrailError as error:
        run.errors[watched.url] = error
        return cursor
    run.unread[watched.url] = dict(getattr(source, "unread", {}))
    return cursor.advance(newest, kind.cursor)


def client_of(running: Server) -> Client:
    return Client(transport=LoopbackRoute(running.port), clock=StillClock(running.now))


@pytest.fixture(scope="module")
def last_day(world: World) -> Iterator[Server]:
    with server.start(world, day=world.days) as running:
        yield running


@pytest.fixture(scope="module")
def run(world: World, last_day: Server) -> Run:
    done = Run()
    with client_of(last_day) as client:
        for watched in watchlist.sources(world):
            collect(client, watched, Cursor(), done)
    return done


def standing(world: World, running: Server, software: str) -> list[Posting]:
    return [p for p in world.posts if p.place.software == software and p.visible(running.now)]


def letters(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


def quotation(world: World, post: Posting) -> str:
    """Return what a forum shows of a quoted post above the answer."""
    quoted = world.by_ref.get(post.quotes or "")
    if quoted is None or post.place.software != "xenforo":
        return ""
    return f"{quoted.author.handle} said: {quoted.text[:QUOTED]}"


@pytest.mark.parametrize("software", SOFTWARE)
def test_every_post_is_collected_under_its_name(world: World, last_day: Server, run: Run, software: str) -> None:
    expected = {post.ref for post in standing(world, last_day, software)}
    platforms = {place.platform for place in world.running(software)}
    found = {ref for ref, post in run.posts.items() if post.platform in platforms}
    shown_as_deleted = {p.ref for p in world.posts if p.gone and p.place.software == "reddit"}
    assert found - shown_as_deleted == expected


@pytest.mark.parametrize("software", SOFTWARE)
def test_texts_and_titles_are_the_ones_written(world: World, last_day: Server, run: Run, software: str) -> None:
    for post in standing(world, last_day, software):
        got = run.posts[post.ref]
        said = letters(got.text).removeprefix(letters(quotation(world, post)))
        assert said == letters(post.text_at(last_day.now)), post.ref
        if post.title and post.kind != "comment":
            assert got.title == post.title


@pytest.mark.parametrize("software", SOFTWARE)
def test_times_are_the_ones_stated_and_no_more_exact(world: World, last_day: Server, run: Run, software: str) -> None:
    for post in standing(world, last_day, software):
        got = run.posts[post.ref].published
        assert got.precision == post.precision, post.ref
        if post.precision == "second":
            assert got.at == post.published, post.ref
        elif post.precision == "day":
            assert got.at is not None
            assert got.at.date() == post.published.date()
        else:
            assert got.at is None
            assert got.verbatim


@pytest.mark.parametrize("software", SOFTWARE)
def test_authors_links_and_explicit_acts_are_kept(world: World, last_day: Server, run: Run, software: str) -> None:
    for post in standing(world, last_day, software):
        got = run.posts[post.ref]
        shown = {got.author.handle, got.author.name, got.author.native_id}
        known = {post.author.handle, post.author.name, post.author.native_id, post.place.title, post.place.room}
        # Newspapers of the demo sign their articles; pins and plain feeds may leave the author out.
        assert shown & known or shown == {None}, post.ref
        assert set(post.links) <= set(got.links), post.ref
        if software in PASSED_ON:
            assert (got.repost_of, got.quotes) == (post.repost_of, post.quotes), post.ref
        if software == "reddit" and post.reply_to:
            assert got.reply_to == post.reply_to


@pytest.mark.parametrize("software", EDITS_SHOWN)
def test_a_changed_post_says_when(world: World, last_day: Server, run: Run, software: str) -> None:
    changed = [post for post in standing(world, last_day, software) if post.revision]
    assert changed
    for post in changed:
        got = run.posts[post.ref].edited
        assert got is not None
        assert post.revision is not None
        assert got.at == post.revision.at


def test_what_cannot_be_read_ends_in_the_finding_it_stands_for(world: World, run: Run) -> None:
    expected = {watched.url: watched.finding for watched in watchlist.sources(world) if watched.finding}
    assert {url: error.kind for url, error in run.errors.items()} == expected


def test_a_deleted_comment_is_a_finding(world: World, run: Run) -> None:
    deleted = {p.ref for p in world.posts if p.gone and p.place.software == "reddit"}
    assert deleted
    assert deleted <= {finding.ref for finding in run.findings if finding.kind == "gone"}


def test_the_closed_site_was_asked_for_its_rules_and_nothing_else(last_day: Server, run: Run) -> None:
    assert {seen.path for seen in last_day.log if seen.host == "quietquay.example"} == {"/robots.txt"}


def test_trouble_was_met_and_waited_out(last_day: Server, run: Run) -> None:
    assert [seen.status for seen in last_day.log if seen.host == "farolesdealvane.blogspot.com"].count(503) == 1
    statuses = {seen.host: seen.status for seen in last_day.log if seen.status == 429}
    assert set(statuses) == {"oauth.reddit.com", "public.api.bsky.app", "tidepool.example"}


def test_nothing_in_the_answers_is_unknown_to_the_parsers(run: Run) -> None:
    assert {url: fields for url, fields in run.unread.items() if fields} == {}


def test_three_collections_find_what_one_would_and_what_was_deleted_between(world: World) -> None:
    with server.start(world) as running:
        cursors: dict[str, Cursor] = {}
        seen: dict[str, set[str]] = {}
        for day in world.collect_on:
            running.advance(day)
            run = Run()
            with client_of(running) as client:
                for watched in watchlist.sources(world):
                    cursors[watched.url] = collect(client, watched, cursors.get(watched.url, Cursor()), run)
            for ref, got in run.posts.items():
                seen.setdefault(ref, set()).add(letters(got.text))
    assert set(seen) == set(world.by_ref)
    for post in world.posts:
        if post.revision:
            assert {letters(post.text), letters(post.revision.text)} <= seen[post.ref], post.ref
