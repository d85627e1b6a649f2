"""Instagram: the posts of a professional account through the Graph API; older recordings of the web's own answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from collectors.api import answered, api_post, made, refusal
from collectors.base import Reader
from collectors.meta_graph import END, IMPORT, MetaSource, listed, moment
from core import times
from core.errors import Blocked, NotRecorded, SourceChanged, Unauthorized
from core.exchange import Response
from core.records import Author, Counts, Media, MediaKind, Metrics, Post, PostKind, Profile
from core.source import Cursor, Kind, Target, Yielded

_HOST = r"https?://(?:www\.|m\.)?(?:instagram\.com|instagr\.am)"
_NAME = (  # what stands where a name would: pages of Instagram itself
    r"(?!(?:p|tv|reels?|explore|stories|accounts|about|developer|direct|legal|privacy|web|graphql|api|s|share|archive"
    r"|directory|topics|lite|challenge|emails|session)(?:[/?#]|$))(?P<name>[\w.]{1,30})"
)
_MEDIA = (
    "id,caption,comments_count,like_count,media_type,media_product_type,media_url,permalink,timestamp,username,"
    "children{id,media_type,media_url}"
)
_USER = "id,ig_id,username,name,biography,website,profile_picture_url,followers_count,follows_count,media_count"
_WEB = "https://i.instagram.com/api/v1/users/web_profile_info/"
_GRAPHQL = "https://www.instagram.com/graphql/query/"
_KINDS: Mapping[str, MediaKind] = {"IMAGE": "image", "VIDEO": "video"}
_NODE = (  # fields of the web's own answers we know and do not keep
    "accessibility_caption", "clips_music_attribution_info", "coauthor_producers", "comments_disabled", "dash_info",
    "dimensions", "display_resources", "edge_media_to_sponsor_user", "edge_media_to_tagged_user",
    "fact_check_information", "fact_check_overall_rating", "felix_profile_grid_crop", "gating_info", "has_audio",
    "has_upcoming_event", "is_video", "media_overlay_info", "media_preview", "nft_asset_info", "pinned_for_users",
    "product_type", "sharing_friction_info", "thumbnail_resources", "thumbnail_src", "thumbnail_tall_src",
    "tracking_token", "viewer_can_reshare", "viewer_has_liked", "viewer_has_saved", "viewer_has_saved_to_collection",
    "viewer_in_photo_of_you", "edge_sidecar_to_children", "owner",
)  # fmt: skip


class InstagramUser(MetaSource):
    """Posts of one professional account (business or creator) through the Graph API, newest first."""

    id = "instagram.user"
    title = "Instagram"
    patterns = (rf"{_HOST}/{_NAME}(?:/(?:reels|tagged|feed|channel))?{END}",)
    examples = ("https://www.instagram.com/someone/", "https://instagr.am/someone")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{name}"}
    secrets = ("INSTAGRAM_TOKEN", "INSTAGRAM_ACCOUNT_ID")
    how_to_get_the_key = (
        "Business discovery needs a professional account of your own: its number, and a token with instagram_basic "
        f"(https://developers.facebook.com/tools/explorer). {IMPORT}"
    )
    fields = ("text", "published", "author", "media", "metrics")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for the account by business discovery; a recording may hold older answers instead."""
        ways = (self._discovered, self._own, self._web) if self.http.offline else (self._discovered,)
        missing: NotRecorded | None = None
        for way in ways:
            begun = False
            try:
                for found in way(target, cursor):
                    begun = True
                    yield found
            except NotRecorded as error:
                if begun:
                    raise
                missing = error
            else:
                return
        if missing:
            raise missing

    def _discovered(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        name, after = target.parts["name"], ""
        account = self.keys.get("INSTAGRAM_ACCOUNT_ID")
        if not account and not self.http.offline:
            raise Unauthorized(f"{self.title} needs INSTAGRAM_ACCOUNT_ID in the environment. {self.how_to_get_the_key}")
        account = account or "me"
        while True:
            asked = f"business_discovery.username({name}){{{_USER},media.limit(50){after}{{{_MEDIA}}}}}"
            response = self.ask(account, {"fields": asked}, target.url)
            found = Reader(response.json(), url=response.url).inside("business_discovery")
            if not after:
                yield _profile(found, response)
            media = found.inside("media") if found.maybe("media") else Reader({"data": []})
            posts = [self._post(item, response, found) for item in media.each("data")]
            yield from posts
            following = media.maybe("paging.cursors.after", str)
            if not posts or not following or f".after({following})" == after or cursor.covers(posts):
                return
            after = f".after({following})"

    def _own(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read recordings of an account's own media, the edge that a token's owner has."""
        for response, answer in self.pages(f"{target.parts['name']}/media", {"fields": _MEDIA}, target.url):
            yield from (self._post(item, response, Reader({})) for item in answer.each("data"))

    def _web(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read recordings of what Instagram's web pages used to ask; live they need a login."""
        response = self.http.get(_WEB, params={"username": target.parts["name"]}, check=False)
        user = self._told(response, target).inside("data.user")
        yield _web_profile(user, response)
        listing: Reader | None = user.inside("edge_owner_to_timeline_media")
        after: str | None = None
        for edge in listed(user, "edge_owner_to_timeline_media.edges"):
            yield self._node(edge.inside("node"), response)
        while listing is not None:
            asked = {"id": user.take("id", str), "first": 12, **({"after": after} if after else {})}
            variables = json.dumps(asked, separators=(",", ":"))
            response = self.http.get(_GRAPHQL, params={"variables": variables}, check=False)
            answer = self._told(response, target)
            listing = answer.inside("data.user.edge_owner_to_timeline_media")
            for edge in listed(listing, "edges"):
                yield self._node(edge.inside("node"), response)
            following = listing.maybe("page_info.end_cursor", str)
            if not listing.maybe("page_info.has_next_page") or not following or following == after:
                listing = None
            after = following

    def _told(self, response: Response, target: Target) -> Reader:
        """Return a reader of an answer of the web; raise what its refusal says."""
        told = answered(response)
        said = str(told.get("message", ""))
        if "checkpoint" in said or "challenge" in said or told.get("require_login"):
            raise Blocked(
                f"{target.url}: Instagram asks for a check of the account that reads ({said}); it is recorded and not "
                "evaded. Import what your browser shows with Zeeschuimer.", url=response.url, status=response.status,
            )  # fmt: skip
        if response.status >= 400:
            raise refusal(response, target.url, said)
        return Reader(response.json(), url=response.url)

    def _post(self, item: Reader, response: Response, user: Reader) -> Post:
        address, kind = item.take("permalink", str), item.maybe("media_type", str) or ""
        handle = item.maybe("username", str) or user.maybe("username", str)
        native_id = item.maybe("id", str)
        author = made(
            Author, native_id=user.maybe("ig_id"), handle=handle, name=user.maybe("name", str),
            url=f"https://www.instagram.com/{handle}/" if handle else None,
        )  # fmt: skip
        post = api_post(
            response, platform="instagram", native_id=_code(address), url=address, author=author,
            text=item.maybe("caption", str) or "", kind="video" if kind == "VIDEO" else "image",
            published=moment(item.take("timestamp", str)),
            media=_media(item), raw={"id": native_id},
            metrics=made(Metrics, likes=item.maybe("like_count", int), replies=item.maybe("comments_count", int)),
        )  # fmt: skip
        item.ignore("children", "media_url", "thumbnail_url", "media_product_type", "shortcode", "owner", "ig_id",
                    "is_comment_enabled", "is_shared_to_feed", "comments", "alt_text")  # fmt: skip
        self.audit(item)
        return post

    def _node(self, node: Reader, response: Response) -> Post:
        """Return a post as the web's own answers wrote it."""
        code = node.take("shortcode", str)
        kind: PostKind = "video" if node.maybe("__typename") == "GraphVideo" else "image"
        captions = listed(node, "edge_media_to_caption.edges")
        likes = node.maybe("edge_media_preview_like.count", int)
        handle = node.maybe("owner.username", str)
        node.ignore(*_NODE)
        return api_post(
            response, platform="instagram", native_id=code, kind=kind, url=f"https://www.instagram.com/p/{code}/",
            author=made(
                Author, native_id=node.maybe("owner.id"), handle=handle,
                url=f"https://www.instagram.com/{handle}/" if handle else None,
            ),
            published=times.from_epoch(node.take("taken_at_timestamp", int)), media=_node_media(node),
            text=(captions[0].maybe("node.text", str) or "") if captions else "", raw={"id": node.maybe("id", str)},
            metrics=made(
                Metrics, likes=node.maybe("edge_liked_by.count", int) if likes is None else likes,
                replies=node.maybe("edge_media_to_comment.count", int), views=node.maybe("video_view_count", int),
            ),
        )  # fmt: skip


def _code(address: str) -> str:
    found = re.search(r"/(?:p|reel|tv)/([\w-]+)", address)
    if found is None:
        raise SourceChanged(f"{address[:200]} is no address of an Instagram post; it holds no code.")
    return found[1]


def _media(item: Reader) -> tuple[Media, ...]:
    parts = listed(item, "children.data") or [item]
    shown = [(part.maybe("media_url", str) or part.maybe("thumbnail_url", str), part) for part in parts]
    return tuple(Media(url=url, kind=_KINDS.get(str(p.maybe("media_type")), "image")) for url, p in shown if url)


def _node_media(node: Reader) -> tuple[Media, ...]:
    parts = [one.inside("node") for one in listed(node, "edge_sidecar_to_children.edges")] or [node]
    found = []
    for part in parts:
        film, picture = part.maybe("video_url", str), part.maybe("display_url", str)
        if url := film or picture:
            is_film = film or part.maybe("is_video") is True
            found.append(
                Media(url=url, kind="video" if is_film else "image", alt=part.maybe("accessibility_caption", str))
            )
    return tuple(found)


def _profile(user: Reader, response: Response) -> Profile:
    handle = user.maybe("username", str)
    site = user.maybe("website", str)
    return made(
        Profile, platform="instagram", bio=user.maybe("biography", str), links=(site,) if site else (),
        author=made(
            Author, native_id=user.maybe("ig_id"), handle=handle, name=user.maybe("name", str),
            url=f"https://www.instagram.com/{handle}/" if handle else None,
        ),
        avatar=user.maybe("profile_picture_url", str), seen=response.captured_at, route="api", capture=response.capture,
        counts=made(
            Counts, followers=user.maybe("followers_count", int), following=user.maybe("follows_count", int),
            posts=user.maybe("media_count", int),
        ),
        raw={"id": user.maybe("id")},
    )  # fmt: skip


def _web_profile(user: Reader, response: Response) -> Profile:
    handle = user.take("username", str)
    site = user.maybe("external_url", str)
    return made(
        Profile, platform="instagram", bio=user.maybe("biography", str), links=(site,) if site else (),
        author=made(
            Author, native_id=user.maybe("id", str), handle=handle, name=user.maybe("full_name", str),
            url=f"https://www.instagram.com/{handle}/",
        ),
        avatar=user.maybe("profile_pic_url_hd", str) or user.maybe("profile_pic_url", str),
        seen=response.captured_at, route="api", capture=response.capture,
        counts=made(
            Counts, followers=user.maybe("edge_followed_by.count", int), following=user.maybe("edge_follow.count", int),
            posts=user.maybe("edge_owner_to_timeline_media.count", int),
        ),
    )  # fmt: skip
