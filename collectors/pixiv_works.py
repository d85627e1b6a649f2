"""Pixiv: a work, a novel or a user, as its answers to readers without a login show them, becomes a record."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from collectors.api import api_post, made
from collectors.base import Reader
from core import markup, times
from core.errors import LoginWall
from core.exchange import Response
from core.records import Author, Finding, Media, Metrics, Post, Profile

NOVELS = "novel"  # pictures and novels are numbered apart, so the same number may be one of each
SITE = "https://www.pixiv.net"
_MOST_PAGES = 200  # of one work; the site allows as many
_SIZED = re.compile(r"/c/[\w-]{1,40}(?=/)")
_WORK_KNOWN = (  # fields of a work we know and do not keep
    "alt", "bookStyle", "bookmarkData", "comicPromotion", "commentOff", "commissionLinkHidden", "contestBanners",
    "contestData", "contentUrl", "deletable", "descriptionBoothId", "descriptionYoutubeId", "draggable", "extraData",
    "fanboxPromotion", "height", "illustComment", "illustId", "illustTitle", "illustType", "imageResponseCount",
    "imageResponseData", "imageResponseOutData", "isAdContainer", "isBookmarkable", "isHowto", "isLoginOnly",
    "isMasked", "isOriginal", "isUnlisted", "likeData", "locationMask", "noLoginData", "pollData", "profileImageUrl",
    "request", "responseCount", "restrict", "reuploadDate", "seriesId", "seriesNavData", "seriesTitle", "sl",
    "titleCaptionTranslation", "type", "updateDate", "url", "uploadDate", "urls", "userIllusts", "visibilityScope",
    "width", "zoneConfig",
)  # fmt: skip
_NOVEL_KNOWN = (
    "bookmarkData", "characterCount", "commentOff", "contestData", "coverUrl", "createDate", "extraData", "genre",
    "hasGlossary", "isBookmarkable", "isBungei", "isLoginOnly", "isOriginal", "isUnlisted", "likeData", "marker",
    "noLoginData", "novelEmbeddedImages", "textEmbeddedImages", "pollData", "readingTime", "request", "restrict",
    "seriesNavData", "suggestedSettings", "textEmbedImages", "titleCaptionTranslation", "uploadDate", "useWordCount",
    "userNovels", "wordCount", "zoneConfig", "imageResponseOutData", "imageResponseData", "imageResponseCount",
    "descriptionBoothId", "descriptionYoutubeId", "comicPromotion", "fanboxPromotion", "contestBanners", "aiType",
)  # fmt: skip


def work(item: Reader, response: Response) -> tuple[Post, Finding | None]:
    """Return a picture, comic or animation; and a finding where its pictures are for members only."""
    native_id, html = str(item.take("id")), item.maybe("description", str) or ""
    tagged = item.maybe("tags")
    listed = tagged.get("tags") if isinstance(tagged, dict) else tagged
    shown = item.maybe("urls.original", str) or item.maybe("urls.regular", str) or item.maybe("url", str)
    masked = bool(item.maybe("isMasked")) or not shown or "/common/images/limit_" in shown
    post = api_post(
        response, platform="pixiv", native_id=native_id, url=f"{SITE}/artworks/{native_id}", kind="image",
        author=_author(item), published=times.from_iso(item.maybe("createDate", str)),
        title=None if masked and item.maybe("title") == "-----" else item.maybe("title", str),
        text=markup.plain(html), tags=_names(listed), links=_links(html),
        media=() if masked else _pages(shown or "", item.maybe("pageCount", int) or 1),
        metrics=made(
            Metrics, likes=item.maybe("likeCount", int), replies=item.maybe("commentCount", int),
            views=item.maybe("viewCount", int),
        ),
        raw=_raw(item),
    )  # fmt: skip
    item.ignore(*_WORK_KNOWN)
    return post, _wall(post, response) if masked else None


def _wall(post: Post, response: Response) -> Finding:
    told = LoginWall(
        f"Pixiv shows the pictures of work {post.native_id} to members only, for age or at the author's wish.",
        url=post.url, status=response.status,
    )  # fmt: skip
    return Finding.of(told, ref=post.ref, capture=response.capture)


def bare(native_id: str, user: str, response: Response, *, novel: bool = False) -> Post:
    """Return a work of which a listing gave the number and nothing else."""
    return api_post(
        response, platform="pixiv", site=NOVELS if novel else None, native_id=native_id,
        url=f"{SITE}/novel/show.php?id={native_id}" if novel else f"{SITE}/artworks/{native_id}",
        kind="article" if novel else "image", author=Author(native_id=user, url=f"{SITE}/users/{user}"),
    )  # fmt: skip


def novel_of(item: Reader, response: Response) -> Post:
    """Return a novel; listings hold its description only, its own answer the whole text."""
    native_id, html = str(item.take("id")), item.maybe("description", str) or ""
    content, tagged = item.maybe("content", str), item.maybe("tags")
    listed = tagged.get("tags") if isinstance(tagged, dict) else tagged
    cover = item.maybe("coverUrl", str) or item.maybe("url", str)
    language = item.maybe("language", str)
    words = re.sub(r"\[(?:newpage|uploadedimage:\w+|pixivimage:[\w-]+)\]", "\n", content) if content else ""
    post = api_post(
        response, platform="pixiv", site=NOVELS, native_id=native_id, url=f"{SITE}/novel/show.php?id={native_id}",
        kind="article", author=_author(item), published=times.from_iso(item.maybe("createDate", str)),
        title=item.maybe("title", str), text=words or markup.plain(html), tags=_names(listed), links=_links(html),
        languages=(language,) if language else (), media=(Media(url=cover),) if cover else (),
        metrics=made(
            Metrics, likes=item.maybe("likeCount", int), replies=item.maybe("commentCount", int),
            views=item.maybe("viewCount", int),
        ),
        raw={**_raw(item), **({"description": markup.plain(html)} if words and html else {})},
    )  # fmt: skip
    item.ignore(*_WORK_KNOWN, *_NOVEL_KNOWN)
    return post


def profile(user: Reader, response: Response) -> Profile:
    """Return what a user shows of itself."""
    number, bio = str(user.take("userId")), user.maybe("comment", str) or ""
    page = user.maybe("webpage", str)
    return made(
        Profile, platform="pixiv", bio=bio, seen=response.captured_at, route="api", capture=response.capture,
        author=made(Author, native_id=number, name=user.maybe("name", str), url=f"{SITE}/users/{number}"),
        avatar=user.maybe("imageBig", str) or user.maybe("image", str), banner=user.maybe("background.url", str),
        links=tuple(dict.fromkeys((*((page,) if page else ()), *re.findall(r"https?://[^\s<>]{1,500}", bio))))[:50],
        counts={"following": user.maybe("following", int)},
    )  # fmt: skip


def _author(item: Reader) -> Author:
    number = str(item.maybe("userId") or "")
    known = number if number.strip("0") else ""  # a masked work belongs to user 0
    return made(
        Author, native_id=known, handle=item.maybe("userAccount", str), url=f"{SITE}/users/{known}" if known else None,
        name=item.maybe("userName", str) if known else None,
    )  # fmt: skip


def _names(listed: Any) -> tuple[str, ...]:
    found = (one.get("tag") if isinstance(one, dict) else one for one in (listed if isinstance(listed, list) else ()))
    return tuple(dict.fromkeys(str(one) for one in found if one))[:100]


def _links(html: str) -> tuple[str, ...]:
    """Return where the words lead; the site's own way out (`/jump.php?ADDRESS`) is undone."""
    found = (urlsplit(url) for url in markup.links(html, SITE))
    return tuple(dict.fromkeys(unquote(u.query) if u.path == "/jump.php" else u.geturl() for u in found))


def _pages(shown: str, count: int) -> tuple[Media, ...]:
    """Return the address of every page of a work: they differ by a number from the one that is shown.

    A listing shows a small cut; the same file stands uncut where the site's own pages take it from.
    """
    whole = _SIZED.sub("", shown).replace("/custom-thumb/", "/img-master/")
    whole = re.sub(r"_(?:square|custom)1200(?=\.\w+$)", "_master1200", whole)
    if "_p0" not in whole:
        return (Media(url=whole if "_ugoira" in whole else shown),)
    return tuple(Media(url=whole.replace("_p0", f"_p{n}")) for n in range(min(count, _MOST_PAGES)))


def _raw(item: Reader) -> dict[str, Any]:
    kept = {
        "x_restrict": item.maybe("xRestrict", int) or None, "ai": item.maybe("aiType", int) or None,
        "bookmarks": item.maybe("bookmarkCount", int), "pages": item.maybe("pageCount", int),
    }  # fmt: skip
    return {name: value for name, value in kept.items() if value is not None}
