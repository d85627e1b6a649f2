"""Pinterest through the JSON resources that its public pages ask for: searches, boards, users.

They are no documented interface: robots.txt is obeyed, and a refusal is told, never worked around.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from core import times
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.source import Cursor, Target, Yielded
from core.urls import find_links

_SITE = r"https?://(?:[a-z]{2,3}\.)?pinterest\.(?:com|[a-z]{2,3}|co\.[a-z]{2}|com\.[a-z]{2})"
_MORE = r"/?(?:[?#]\S*)?"
_PLACES = (
    "pin|search|ideas|today|login|settings|business|resource|_|source|about|password|topics|explore|categories|news_hub"
)
_HOST = "https://www.pinterest.com"
_END = "-end-"  # the bookmark of the last page
_MAX_PAGES = 5_000  # of one walk; at 25 pins a page
_FILMS = ("V_720P", "V_HLSV4", "V_HLSV3_MOBILE")
_KNOWN = (  # fields of a pin we know and do not keep
    "access", "ad_match_reason", "aggregated_pin_data", "attribution", "board", "call_to_action_text", "campaign_id",
    "carousel_data", "created_at", "debug_info_html", "did_its", "domain", "dominant_color", "embed", "grid_title",
    "has_required_attribution_provider", "image_crop", "image_signature", "images", "insertion_id",
    "is_downstream_promotion", "is_eligible_for_filters", "is_eligible_for_pdp", "is_eligible_for_related_products",
    "is_eligible_for_web_closeup", "is_oos_product", "is_prefetch_enabled", "is_promoted", "is_repin",
    "is_stale_product", "is_uploaded", "is_video", "link_domain", "native_creator", "node_id", "pinner",
    "promoted_is_lead_ad", "promoted_is_removable", "promoted_lead_form", "promoter", "rich_summary",
    "shopping_flags", "should_open_in_stream", "sponsorship", "story_pin_data", "story_pin_data_id",
    "tracking_params", "type", "via_pinner", "videos",
)  # fmt: skip


class _Resource(Collector):
    """What the resources share: how they are asked, how they go on, how a pin is read."""

    title = "Pinterest"
    requests_per_minute = 10.0
    fields = ("text", "title", "published", "author", "community", "links", "media", "metrics")
    retention = "no platform rule known"

    def pins(
        self, resource: str, shown_at: str, options: Mapping[str, Any], items: str, cursor: Cursor
    ) -> Iterator[Yielded]:
        """Yield the pins of a resource, page by page, as far as its bookmark leads, and who pinned them."""
        asked = dict(options)
        for _ in range(_MAX_PAGES):
            response = self._ask(resource, shown_at, asked)
            answer = Reader(response.json(), url=response.url)
            fresh = []
            for item in answer.each(items):
                if item.maybe("type", str) in (None, "pin"):  # between the pins stand tiles that lead elsewhere
                    pin = self._pin(item, response)
                    if (account := _profile(item, pin.author, response)) and self.fresh(account):
                        yield account
                    if self.fresh(pin):
                        fresh.append(pin)
                        yield pin
            bookmark = answer.maybe("resource_response.bookmark", str)
            if not fresh or bookmark in (None, "", _END) or cursor.covers(fresh):
                return
            asked["bookmarks"] = [bookmark]

    def resource(self, name: str, shown_at: str, options: Mapping[str, Any]) -> Reader:
        """Return what one resource answers."""
        response = self._ask(name, shown_at, options)
        return Reader(response.json(), url=response.url)

    def _ask(self, resource: str, shown_at: str, options: Mapping[str, Any]) -> Response:
        data = json.dumps({"options": options, "context": {}}, separators=(",", ":"), ensure_ascii=False)
        headers = {"Accept": "application/json", "X-Pinterest-PWS-Handler": "www/[username].js"}
        params = {"source_url": shown_at, "data": data}
        response = self.http.get(f"{_HOST}/resource/{resource}/get/", params=params, headers=headers, check=False)
        if response.status >= 400:
            told = answered(response).get("resource_response")
            error = told.get("error") if isinstance(told, dict) else None
            said = str(error.get("message", "")) if isinstance(error, dict) else ""
            raise refusal(response, f"{_HOST}{shown_at}", said)
        return response

    def _pin(self, item: Reader, response: Response) -> Post:
        native_id, name = item.take("id", str), item.maybe("pinner.username", str)
        link, board = item.maybe("link", str), item.maybe("board.url", str)
        reactions = item.maybe("reaction_counts", dict) or {}
        created = item.maybe("created_at", str)
        post = api_post(
            response, platform="pinterest", native_id=native_id, url=f"{_HOST}/pin/{native_id}/", kind="image",
            author=made(
                Author, native_id=item.maybe("pinner.id", str), handle=name, name=item.maybe("pinner.full_name", str),
                url=f"{_HOST}/{quote(name, errors='replace')}/" if name else None,
            ),
            published=times.from_http(created) if created else times.unknown(), text=item.maybe("description", str),
            title=item.maybe("title", str) or item.maybe("grid_title", str) or None,
            community=board.strip("/") if board else None,
            links=(link,) if link else (), media=_media(item),
            metrics=made(
                Metrics, likes=sum(n for n in reactions.values() if isinstance(n, int)) if reactions else None,
                replies=item.maybe("comment_count", int), reposts=item.maybe("repin_count", int),
            ),
        )  # fmt: skip
        item.ignore(*_KNOWN)
        self.audit(item)
        return post


class PinterestSearch(_Resource):
    """Pins the search finds for a phrase, in the order it shows them."""

    id = "pinterest.search"
    patterns = (rf"{_SITE}/search/(?:pins/)?\?(?:[^#\s]*&)?q=(?P<query>[^&#\s]+)(?:[&#]\S*)?",)
    names = {"search": "{query}"}
    examples = ("https://www.pinterest.com/search/pins/?q=northern%20lights",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for page after page; the order says nothing of time, so the cursor stops nothing."""
        query = unquote_plus(target.parts["query"])
        options = {"query": query, "scope": "pins", "page_size": 25}
        shown_at = f"/search/pins/?q={quote(query)}"
        yield from self.pins("BaseSearchResource", shown_at, options, "resource_response.data.results", Cursor())


class PinterestBoard(_Resource):
    """Pins of one board, newest first."""

    id = "pinterest.board"
    patterns = (
        (
            rf"{_SITE}/(?!(?:{_PLACES})/)(?P<user>[\w.-]+)/(?!_|pins/?$)(?P<board>[^/?#\s]+)"
            rf"(?:/(?!_)[^/?#\s]+)?{_MORE}"  # a section of it
        ),
    )
    names = {"board": "{user}/{board}"}
    examples = ("https://www.pinterest.com/somebody/some-board/",)
    priority = -5  # the feed of a board needs no undocumented interface: it comes first

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Find the number of the board, then walk back from its newest pin."""
        user, board = unquote(target.parts["user"]), unquote(target.parts["board"])
        shown_at = f"/{quote(user)}/{quote(board)}/"
        found = self.resource("BoardResource", shown_at, {"username": user, "slug": board, "field_set_key": "detailed"})
        options = {"board_id": found.take("resource_response.data.id", str), "page_size": 25}
        yield from self.pins("BoardFeedResource", shown_at, options, "resource_response.data", cursor)


class PinterestUser(_Resource):
    """Pins of one user over all boards, newest first."""

    id = "pinterest.user"
    patterns = (rf"{_SITE}/(?!(?:{_PLACES})(?:[/?#]|$))(?P<user>[\w.-]+)(?:/(?:_saved|_created|pins))?{_MORE}",)
    names = {"account": "{user}"}
    examples = ("https://www.pinterest.com/somebody/",)
    priority = -5

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest pin."""
        user = unquote(target.parts["user"])
        options = {"username": user, "is_own_profile_pins": False, "field_set_key": "grid_item", "page_size": 25}
        yield from self.pins("UserPinsResource", f"/{quote(user)}/", options, "resource_response.data", cursor)


def _profile(item: Reader, author: Author, response: Response) -> Profile | None:
    """Return what the pinner of a pin shows; None where it shows no more than a name."""
    followers, about = item.maybe("pinner.follower_count", int), item.maybe("pinner.about", str) or None
    avatar = item.maybe("pinner.image_large_url", str) or item.maybe("pinner.image_medium_url", str)
    if not author.native_id or (followers is None and about is None):
        return None
    return made(
        Profile, platform="pinterest", author=author, bio=about, links=find_links(about or ""),
        avatar=None if avatar and "/user/default_" in avatar else avatar, counts=made(
            Counts, followers=followers, following=item.maybe("pinner.following_count", int),
            posts=item.maybe("pinner.pin_count", int),
        ),
        seen=response.captured_at, route="api", capture=response.capture,
    )  # fmt: skip


def _media(item: Reader) -> tuple[Media, ...]:
    alt = item.maybe("alt_text", str) or None
    picture, films = item.maybe("images.orig.url", str), item.maybe("videos.video_list", dict) or {}
    film = next((item.maybe(f"videos.video_list.{size}.url", str) for size in _FILMS if films.get(size)), None)
    shown = (Media(url=picture, alt=alt),) if picture else ()
    return (*shown, Media(url=film, kind="video", alt=alt)) if film else shown
