"""SoundCloud without a key: one track, or the tracks a user's page lists, from the state the pages carry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urljoin, urlsplit

from core import times
from core.errors import Gone, SourceChanged
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.source import Expect, Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import tree_of
from spiders.state import assigned

_HOST = r"https?://(?:(?:www|m)\.)?soundcloud\.com"
_END = r"/?(?:[?#]\S*)?"
_OURS = (
    r"(?!(?:charts|discover|download|feed|forgot|go|imprint|jobs|login|logout|messages|notifications|oembed|pages"
    r"|people|player|popular|search|settings|signin|stations|stream|tags|terms-of-use|tracks|upload|you)(?:[/?#]|$))"
)
_NAME = rf"{_OURS}(?P<user>[A-Za-z0-9_-]{{2,60}})"
_TABS = r"(?!(?:albums|comments|followers|following|likes|popular-tracks|reposts|sets|spotlight|tracks)(?:[/?#]|$))"
_MOST_TRACKS = 60  # of one page of a user; it lists some twenty
_TAG = re.compile(r'"([^"]{1,200})"|(\S{1,200})')
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")


class SoundCloudPages(PageSource):
    """What the pages of tracks and users share."""

    title = "SoundCloud"
    requests_per_minute = 12
    retention = "general terms; what is removed there ought to be removed elsewhere"
    retention_class = "deletions"
    fields = ("text", "title", "published", "author", "tags", "links", "media", "metrics")

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what the page is about: a track, or a user and requests for the tracks listed."""
        if ask.step == "oembed":
            yield _embedded(page, str(ask.about["url"]))
            return
        state = _state(page)
        sound, user = state.get("sound"), state.get("user")
        if sound:
            yield _track(sound, page)
        elif user and ask.step == "user":
            yield _profile(user, page)
            hrefs = tree_of(page.text).xpath("//noscript//article//h2//a[@itemprop='url']/@href")
            for href in list(dict.fromkeys(map(str, hrefs)))[:_MOST_TRACKS]:
                yield Ask(urljoin("https://soundcloud.com/", href), step="track")
        elif ask.step == "track":
            url = f"https://soundcloud.com/oembed?format=json&url={quote(ask.url, safe='')}"
            yield Ask(url, step="oembed", about={"url": ask.url})
        else:
            raise SourceChanged(f"{page.url} holds no `__sc_hydration` with a user.", url=page.url, status=page.status)


class SoundCloudTrackPage(SoundCloudPages):
    """One track from its page: words, cover, counters; from oEmbed where the page carries no state."""

    id = "soundcloud.track_page"
    patterns = (
        rf"{_HOST}/{_NAME}/{_TABS}(?P<track>[\w-]{{1,200}})(?:/s-\w{{1,40}})?(?:/(?:comment-\d+|recommended))?{_END}",
        rf"https?://(?:on\.soundcloud\.com|soundcloud\.app\.goo\.gl)/(?P<share>\w{{3,40}}){_END}",
    )
    examples = ("https://soundcloud.com/someone/a-song",)
    names: ClassVar[Mapping[Kind, str]] = {"post": "{user}/{track}", "site": "{share}"}
    one_answer = True
    expect = Expect(posts_at_least=1, filled={"published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page; its own address carries no junk."""
        if "share" in target.parts:
            return [Ask(target.url, step="track")]
        return [Ask(f"https://soundcloud.com/{target.parts['user']}/{target.parts['track']}", step="track")]


class SoundCloudUserPage(SoundCloudPages):
    """What a user shows of itself, and the tracks its page lists, each from its own page."""

    id = "soundcloud.user_page"
    patterns = (rf"{_HOST}/{_NAME}(?:/tracks)?{_END}",)
    examples = ("https://soundcloud.com/someone",)
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}"}

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page of the user."""
        return [Ask(f"https://soundcloud.com/{target.parts['user']}/tracks", step="user")]


def _state(page: Response) -> dict[str, Mapping[str, Any]]:
    """Return what the page carries, by kind; a page of a removed thing carries none and says so."""
    told = assigned(page.text, "__sc_hydration")
    if told is None and page.status == 404:
        raise Gone(f"{page.url} is not there.", url=page.url, status=page.status)
    listed = told if isinstance(told, list) else []
    return {
        str(one["hydratable"]): one["data"]
        for one in listed
        if isinstance(one, dict) and "hydratable" in one and isinstance(one.get("data"), dict)
    }


def _track(sound: Mapping[str, Any], page: Response) -> Post:
    text, artwork = sound.get("description") or "", sound.get("artwork_url")
    user = sound.get("user") or {}
    cover = re.sub(r"-large(?=\.\w+$)", "-t500x500", artwork) if artwork else user.get("avatar_url")
    shop = sound.get("purchase_url")
    kept = {name: sound.get(name) for name in ("genre", "license", "policy", "label_name") if sound.get(name)}
    return Post(
        platform="soundcloud", native_id=str(sound["id"]), url=sound.get("permalink_url") or page.url,
        author=_author(user), published=times.from_iso(sound.get("created_at")), first_seen=page.captured_at,
        title=sound.get("title"), text=text, tags=_tags(sound.get("tag_list")),
        links=(*_links(text), *((shop,) if shop else ())), media=(Media(url=cover),) if cover else (),
        metrics=Metrics(
            likes=sound.get("likes_count"), replies=sound.get("comment_count"), reposts=sound.get("reposts_count"),
            views=sound.get("playback_count"),
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture, raw=kept,
    )  # fmt: skip


def _embedded(page: Response, url: str) -> Post:
    """Return what oEmbed tells of a track: its number stands in the address of the player."""
    told = page.json()
    number = re.search(r"tracks(?:%2F|/)(?:soundcloud%253Atracks%253A)?(\d{1,20})", str(told.get("html") or ""))
    if not number:
        raise SourceChanged(f"{page.url} names no track in its player.", url=page.url, status=page.status)
    title = re.sub(rf" by {re.escape(str(told.get('author_name')))}$", "", str(told.get("title") or ""))
    handle = urlsplit(str(told.get("author_url") or "")).path.strip("/")
    picture = told.get("thumbnail_url")
    return Post(
        platform="soundcloud", native_id=number[1], url=url, title=title or None, text=told.get("description"),
        author=Author(handle=handle or None, name=told.get("author_name"), url=told.get("author_url")),
        first_seen=page.captured_at, links=_links(told.get("description") or ""),
        media=(Media(url=picture),) if picture else (), route="page", capture=page.capture,
    )  # fmt: skip


def _author(user: Mapping[str, Any]) -> Author:
    return Author(
        native_id=user.get("id"), handle=user.get("permalink"), name=user.get("username"), url=user.get("permalink_url")
    )


def _profile(user: Mapping[str, Any], page: Response) -> Profile:
    shown = (user.get("visuals") or {}).get("visuals") or [{}]
    return Profile(
        platform="soundcloud", author=_author(user), bio=user.get("description") or None,
        avatar=user.get("avatar_url"), banner=shown[0].get("visual_url"),
        created=times.from_iso(user.get("created_at")), links=_links(user.get("description") or ""),
        counts=Counts(
            followers=user.get("followers_count"), following=user.get("followings_count"),
            posts=user.get("track_count"),
        ),
        seen=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _tags(listed: Any) -> tuple[str, ...]:
    found = _TAG.findall(unquote(listed)[:10_000]) if isinstance(listed, str) else []
    return tuple(dict.fromkeys(quoted or bare for quoted, bare in found))


def _links(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url.rstrip(".,;:!?)") for url in _LINK.findall(text)))[:200]
