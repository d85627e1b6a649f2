"""Read Reddit's things (t1 comments, t3 posts, stubs of more) into records, whatever year's shape they have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from core import markup, times
from core.errors import SourceChanged
from core.exchange import Response
from core.ids import ref
from core.records import Author, Counts, Finding, Media, MediaKind, Metrics, Post, Profile
from core.source import Yielded
from core.times import Instant

HOME = "https://www.reddit.com"
MAX_GALLERY = 100  # pictures of one gallery; Reddit allows twenty
REMOVED = ("[deleted]", "[removed]")
_NOTICE = re.compile(r"\[ ?(?:deleted|removed)(?: by (?:user|moderator|reddit)[^\[\]]{0,100})? ?\]", re.IGNORECASE)
# Who took a post away, by Reddit's own word for it.
_TAKEN_BY = {
    "deleted": "its author deleted it", "author": "its author deleted it", "author_deleted": "its author deleted it",
    "moderator": "moderators removed it", "automod_filtered": "a rule of the moderators filtered it",
    "reddit": "Reddit's filter took it for spam", "anti_evil_ops": "Reddit's staff removed it",
    "content_takedown": "Reddit's staff removed it", "community_ops": "Reddit's staff removed it",
    "copyright_takedown": "Reddit removed it on a claim of copyright",
}  # fmt: skip
_FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,13}")
_ACCOUNT = re.compile(r"https?://(?:[\w-]+\.)?reddit\.com/u(?:ser)?/([\w-]{1,40})/?")
_WRITTEN = re.compile(r"https?://[^\s<>()\[\]\"]+(?<![.,;:!?'])")
_SUFFIX = re.compile(r"\.(?:(?P<image>jpe?g|png|gif|webp|avif)|(?P<video>gifv|mp4|webm)|(?P<audio>mp3|ogg|wav))$", re.I)
# Fields without a place in Post that a reader of the evidence asks for.
_KEPT = (
    "subreddit_id", "url", "upvote_ratio", "removed_by_category", "distinguished", "stickied", "locked",
    "over_18", "quarantine", "spoiler", "author_flair_text", "is_submitter", "controversiality", "post_hint",
    "poll_data",
)  # fmt: skip
_READ = """
name author author_fullname body body_html created_utc crosspost_parent crosspost_parent_list edited gallery_data
hide_score is_gallery is_self link_flair_text link_id media media_metadata num_comments num_crossposts parent_id
permalink replies score score_hidden secure_media selftext selftext_html subreddit title view_count
"""
# Known and not wanted: how Reddit draws a post, what moderators and a signed-in reader see, other spellings.
_UNWANTED = """
all_awardings allow_live_comments approved approved_at_utc approved_by archived associated_award author_cakeday
author_flair_background_color author_flair_css_class author_flair_richtext author_flair_template_id
author_flair_text_color author_flair_type author_is_blocked author_patreon_flair author_premium awarders
banned_at_utc banned_by brand_safe call_to_action can_gild can_mod_post category clicked collapsed
collapsed_because_crowd_control collapsed_reason collapsed_reason_code comment_type content_categories
contest_mode created depth discussion_type domain downs expression_asset_data from from_id from_kind gilded gildings
hidden id ignore_reports is_created_from_ads_ui is_crosspostable is_meta is_original_content
is_reddit_media_domain is_robot_indexable is_video likes link_author link_flair_background_color
link_flair_css_class link_flair_richtext link_flair_template_id link_flair_text_color link_flair_type
link_permalink link_title link_url media_embed media_only mod_note mod_reason_by mod_reason_title mod_reports
no_follow num_duplicates num_reports parent_whitelist_status pinned preview profile_img_url pwls removal_reason
removed removed_by report_reasons rte_mode saved secure_media_embed send_replies spam subreddit_name_prefixed
subreddit_subscribers subreddit_type suggested_sort thumbnail thumbnail_height thumbnail_width top_awarded_type
total_awards_received treatment_tags unrepliable_reason ups url_overridden_by_dest user_reports visited
whitelist_status wls
"""
_KNOWN = frozenset(_KEPT).union(_READ.split(), _UNWANTED.split())


class More(NamedTuple):
    """A stub that stands for comments left out of an answer: some by id, or a whole thread continued below `parent`."""

    hidden: int
    children: tuple[str, ...]
    parent: str


def listing(answer: Any, url: str) -> tuple[list[Any], str | None]:
    """Return the things of a Listing and the fullname to ask for the next page after; raise SourceChanged."""
    data = answer.get("data") if isinstance(answer, dict) else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(children, list):
        raise SourceChanged(f"{url} answered no Listing (data.children is not there).", url=url)
    after = data.get("after")
    return children, after if isinstance(after, str) and after else None


def tree(things: list[Any]) -> Iterator[dict[str, Any] | More]:
    """Yield posts, comments and stubs of a comment tree, each comment before its replies."""
    stack = things[::-1]
    while stack:
        thing = stack.pop()
        data = thing.get("data") if isinstance(thing, dict) else None
        if not isinstance(data, dict):
            continue
        if thing.get("kind") == "Listing":
            children = data.get("children")
            stack.extend(children[::-1] if isinstance(children, list) else [])
        elif thing.get("kind") == "more":
            more = _more(data)
            if more.children or _FULLNAME.fullmatch(more.parent):  # else there is nothing to ask for
                yield more
        else:
            yield thing
            if isinstance(data.get("replies"), dict):
                stack.append(data["replies"])


def _more(data: dict[str, Any]) -> More:
    children = data.get("children")
    ids = tuple(c for c in children if isinstance(c, str)) if isinstance(children, list) else ()
    return More(_count(data.get("count")) or 0, ids, _text(data.get("parent_id")) or "")


def read(thing: Any, response: Response) -> Iterator[Yielded]:
    """Yield the post a thing is, before it the parent of a crosspost, after it a finding where its text is gone."""
    data = thing.get("data") if isinstance(thing, dict) else None
    if not isinstance(data, dict) or thing.get("kind") not in ("t1", "t3"):
        return
    if not _FULLNAME.fullmatch(str(data.get("name"))):
        yield Finding(
            kind="source_changed", sentence="A Reddit answer holds a post without its fullname (data.name); skipped.",
            url=response.url, capture=response.capture,
        )  # fmt: skip
        return
    parents = data.get("crosspost_parent_list")
    for parent in parents[:1] if isinstance(parents, list) else ():
        if isinstance(parent, dict):
            yield from read({"kind": "t3", "data": parent | {"crosspost_parent_list": None}}, response)
    post = _post(thing["kind"], data, response)
    yield post
    if (found := removal(data)) is not None:
        shown, who = found
        yield Finding(
            kind="legal_block" if "copyright" in who else "gone", ref=post.ref, url=post.url, evidence=shown,
            capture=response.capture,
            sentence=f"Reddit shows {post.native_id} as {shown}: {who}, and its text is no longer public.",
        )  # fmt: skip


def unknown(thing: Any) -> list[str]:
    """Return the fields of a thing that this reader does not know."""
    data = thing.get("data") if isinstance(thing, dict) else None
    return [f"data.{name}" for name in data if name not in _KNOWN] if isinstance(data, dict) else []


def _post(kind: str, data: dict[str, Any], response: Response) -> Post:
    is_post = kind == "t3"
    media = _media(data) if is_post else ()
    links = _links(data, media)
    flair = _text(data.get("link_flair_text")) if is_post else None
    return Post(
        platform="reddit",
        native_id=data["name"],
        url=_address(kind, data),
        kind="post" if is_post else "comment",
        author=_author(data),
        published=_instant(data.get("created_utc")),
        first_seen=response.captured_at,
        edited=_edited(data.get("edited")),
        title=_text(data.get("title")) if is_post else None,
        text=_text(data.get("selftext" if is_post else "body")),
        community=f"r/{data['subreddit']}" if _text(data.get("subreddit")) else None,
        reply_to=_ref(data.get("parent_id")),
        root=_ref(data.get("link_id")),
        repost_of=_ref(data.get("crosspost_parent")),
        links=links,
        mentions=tuple(dict.fromkeys(found[1] for link in links if (found := _ACCOUNT.fullmatch(link)))),
        tags=(flair,) if flair else (),
        media=media,
        metrics=Metrics(
            likes=None if data.get("score_hidden") or data.get("hide_score") else _count(data.get("score")),
            replies=_count(data.get("num_comments")) if is_post else None,
            reposts=_count(data.get("num_crossposts")) if is_post else None,
            views=_count(data.get("view_count")) if is_post else None,
        ),
        metrics_at=response.captured_at,
        route="api",
        capture=response.capture,
        raw={name: data[name] for name in _KEPT if data.get(name) not in (None, False, "")},
    )


def removal(data: dict[str, Any]) -> tuple[str, str] | None:
    """Return what stands where the text was, and who took it away; an author who left but whose words stay did not."""
    text = _text(data.get("body", data.get("selftext"))) or ""
    category = _text(data.get("removed_by_category"))
    notice = _NOTICE.fullmatch(text.strip())
    if not notice and not category:
        return None
    if category:
        who = _TAKEN_BY.get(category, "it was taken away")
    elif "copyright" in text.lower():
        who = _TAKEN_BY["copyright_takedown"]
    elif "by reddit" in text.lower():
        who = _TAKEN_BY["anti_evil_ops"]
    else:
        who = _TAKEN_BY["deleted" if "deleted" in text.lower() else "moderator"]
    return (text.strip() if notice else f"removed_by_category: {category}"), who


def profile(about: Any, response: Response) -> Profile | None:
    """Return what an account shows of itself; None where the answer is about none, or about a suspended one."""
    data = about.get("data") if isinstance(about, dict) else None
    if not isinstance(data, dict) or about.get("kind") != "t2" or not (name := _text(data.get("name"))):
        return None
    page = data.get("subreddit")
    shown: dict[str, Any] = page if isinstance(page, dict) else {}
    bio, number = _text(shown.get("public_description")) or None, _text(data.get("id"))
    karma = {key: count for key in ("link_karma", "comment_karma") if (count := _count(data.get(key))) is not None}
    return Profile(
        platform="reddit", bio=bio, links=tuple(_WRITTEN.findall(bio or "")[: markup.MAX_ADDRESSES]),
        author=Author(
            native_id=f"t2_{number}" if number else None, handle=name, name=_text(shown.get("title")) or None,
            url=f"{HOME}/user/{name}",
        ),
        avatar=markup.absolute(_text(data.get("snoovatar_img")) or _text(data.get("icon_img"))),
        banner=markup.absolute(_text(shown.get("banner_img"))), created=_instant(data.get("created_utc")),
        counts=Counts(followers=_count(shown.get("subscribers")) or None), seen=response.captured_at, route="api",
        capture=response.capture, raw=karma,
    )  # fmt: skip


def _author(data: dict[str, Any]) -> Author:
    handle = _text(data.get("author"))
    known = handle and handle not in REMOVED
    return Author(
        native_id=_text(data.get("author_fullname")) or None,
        handle=handle,
        url=f"{HOME}/user/{handle}" if known else None,
    )


def _address(kind: str, data: dict[str, Any]) -> str:
    permalink = _text(data.get("permalink")) or ""
    if permalink.startswith("/"):
        return HOME + permalink
    number = data["name"][3:]
    thread = _text(data.get("link_id")) or ""
    return f"{HOME}/comments/{number}/" if kind == "t3" else f"{HOME}/comments/{thread[3:]}/_/{number}/"


def _links(data: dict[str, Any], media: tuple[Media, ...]) -> tuple[str, ...]:
    """Return what a post leads to: the address it was made of, then the links of its text."""
    target = None if data.get("is_self") or data.get("is_gallery") else markup.absolute(_text(data.get("url")), HOME)
    found = [target] if target and target not in {item.url for item in media} else []
    if html := _text(data.get("selftext_html") or data.get("body_html")):
        found += markup.links(html, HOME)
    else:
        found += _WRITTEN.findall(_text(data.get("selftext") or data.get("body")) or "")[: markup.MAX_ADDRESSES]
    return tuple(dict.fromkeys(found))


def _media(data: dict[str, Any]) -> tuple[Media, ...]:
    """Return the pictures of a gallery, the video Reddit hosts, or the file a post links to directly."""
    if isinstance(data.get("gallery_data"), dict):
        return _gallery(data)
    for holder in (data.get("secure_media"), data.get("media")):
        video = holder.get("reddit_video") if isinstance(holder, dict) else None
        if isinstance(video, dict) and (url := markup.absolute(_text(video.get("fallback_url")))):
            return (Media(url=url, kind="video"),)
    url = markup.absolute(_text(data.get("url")), HOME)
    suffix = _SUFFIX.search(urlsplit(url).path) if url else None
    if not suffix:
        return ()
    kind: MediaKind = "image" if suffix["image"] else "video" if suffix["video"] else "audio"
    return (Media(url=url, kind=kind),)


def _gallery(data: dict[str, Any]) -> tuple[Media, ...]:
    items = data["gallery_data"].get("items")
    files = data.get("media_metadata")
    found = []
    for item in items[:MAX_GALLERY] if isinstance(items, list) else ():
        file = files.get(str(item.get("media_id"))) if isinstance(files, dict) and isinstance(item, dict) else None
        source = file.get("s") if isinstance(file, dict) else None
        if not isinstance(source, dict):
            continue
        url = markup.absolute(_text(source.get("u")) or _text(source.get("gif")) or _text(source.get("mp4")))
        if url:
            found.append(Media(url=url, kind="image", alt=_text(item.get("caption"))))
    return tuple(found)


def _edited(value: Any) -> Instant | None:
    if value is True:  # edited before 2010, when Reddit kept no time of it
        return times.unknown("true")
    return _instant(value) if value else None


def _instant(value: Any) -> Instant:
    if isinstance(value, int | float | str):
        return times.from_epoch(value)
    return times.unknown()


def _ref(fullname: Any) -> str | None:
    return ref("reddit", fullname) if isinstance(fullname, str) and _FULLNAME.fullmatch(fullname) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -(2**63) <= value < 2**63 else None
