"""Read the state in the pages of TikTok, in the three shapes it had since 2020, and the grid of a rendered profile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from core import times
from core.counts import counted
from core.errors import Blocked, CopytrailError, Gone, LegalBlock, LoginWall, Private
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Counts, Media, Metrics, Post, PostKind, Profile
from core.urls import find_links
from spiders.facts import tree_of
from spiders.state import assigned, scripts

_GRID = re.compile(r"(?:https://www\.tiktok\.com)?/@([\w.-]{1,64})/(video|photo)/(\d{5,25})(?:\?\S*)?")
_CREDIT = re.compile(r"(.*) created by .{1,100} with .{1,300}", re.DOTALL)
_MOST = 500
_PRIVATE = frozenset({10215, 10216, 10222})
_NO_ACCOUNT = frozenset({10202, 10221, 10223})


def scope(html: str) -> dict[str, Any]:
    """Return what a page states: `video`, `items`, `user`, `stats`, `code` and `words`, as far as it has them."""
    for data in scripts(html, "__UNIVERSAL_DATA_FOR_REHYDRATION__"):
        return _universal(data)
    for data in scripts(html, "__NEXT_DATA__"):
        return _next(data)
    data = assigned(html, "SIGI_STATE") or next(scripts(html, "SIGI_STATE"), None)
    return _sigi(data) if isinstance(data, dict) else {}


def refusal(found: Mapping[str, Any], url: str, status: int) -> CopytrailError | None:
    """Return the error that the code a page states stands for; None where it states none."""
    code, words = found.get("code") or 0, str(found.get("words") or "")
    if not isinstance(code, int) or code in (0, 200):
        return None
    said = f"TikTok says {code} {words}".strip()[:200]
    if "cross_border" in words or "geo" in words:
        return LegalBlock(f"{url} is not shown in this country ({said}).", url=url, status=status)
    if code in _PRIVATE or "secret" in words or "self_see" in words or "friend_see" in words:
        return Private(f"{url} is not public ({said}).", url=url, status=status)
    if code == 10102 or "login" in words:
        return LoginWall(f"{url} is shown to members only ({said}).", url=url, status=status)
    what = "There is no account at" if code in _NO_ACCOUNT else "Nothing is shown any more at"
    return Gone(f"{what} {url} ({said}).", url=url, status=status)


def challenge(html: str, url: str, status: int) -> CopytrailError | None:
    """Return the error of a page that tests its reader instead of showing anything."""
    if re.search(r"_wafchallengeid|captcha|verify-bar|slardar_us_waf", html[:200_000]):
        says = (
            f"{url} answered with a challenge; it is recorded and not evaded. Save what a browser shows with "
            "Zeeschuimer and import its file with `copytrail import`."
        )
        return Blocked(says, url=url, status=status)
    return None


def video(item: Mapping[str, Any], page: Response) -> Post:
    """Return the post of one item; photo posts are pictures."""
    author = _author(item)
    extras = [one for one in _list(item.get("textExtra")) if isinstance(one, dict)]
    text, media = str(item.get("desc") or ""), _media(item)
    kind: PostKind = "image" if item.get("imagePost") else "video"
    tags = [str(one["hashtagName"]) for one in extras if one.get("hashtagName")]
    native_id, handle = str(item["id"]), author.handle or ""
    path = "photo" if kind == "image" else "video"
    return Post(
        platform="tiktok", native_id=native_id, url=f"https://www.tiktok.com/@{handle}/{path}/{native_id}", kind=kind,
        author=author, published=_published(item.get("createTime"), native_id), first_seen=page.captured_at,
        text=text or None, languages=(str(item["textLanguage"]),) if _language(item.get("textLanguage")) else (),
        links=find_links(text), tags=tuple(dict.fromkeys(tags)),
        mentions=tuple(dict.fromkeys(str(one["userUniqueId"]) for one in extras if one.get("userUniqueId"))),
        media=media, metrics=_metrics(item), metrics_at=page.captured_at, route="page", capture=page.capture,
        raw=_raw(item),
    )  # fmt: skip


def profile(user: Mapping[str, Any], stats: Mapping[str, Any], page: Response) -> Profile:
    """Return what an account showed of itself."""
    bio, link = str(user.get("signature") or ""), user.get("bioLink")
    named = str(link.get("link") or "") if isinstance(link, dict) else ""
    numbers = {"followers": "followerCount", "following": "followingCount", "posts": "videoCount"}
    counts = {name: _count(stats.get(key)) for name, key in numbers.items()}
    created = user.get("createTime")
    return Profile(
        platform="tiktok", author=_person(user), bio=bio or None, avatar=absolute(str(user.get("avatarLarger") or "")),
        created=times.from_epoch(created) if created else None,
        links=(*([named if "://" in named else f"https://{named}"] if named else []), *find_links(bio)),
        counts=Counts(**counts, granularity=_steps(counts)), seen=page.captured_at, route="page", capture=page.capture,
        raw=_kept({"verified": user.get("verified") or None, "likes": _count(stats.get("heartCount"))}),
    )  # fmt: skip


def grid(html: str, user: Mapping[str, Any], page: Response) -> Iterator[Post]:
    """Yield the tiles of a rendered profile: address, picture, words and views; no time is shown.

    The number of a video begins with the second it was made in; it is kept beside, not as the time of publication.
    """
    person = _person(user)
    seen: set[str] = set()
    for link in tree_of(html).xpath("//*[@data-e2e='user-post-item']//a[@href] | //a[contains(@href, '/video/')]"):
        found = _GRID.fullmatch(link.get("href"))
        if not found or found[3] in seen or found[1].lower() != (person.handle or "").lower():
            continue
        seen.add(found[3])
        pictures = link.xpath(".//img[@src]")
        words = str(pictures[0].get("alt") or "") if pictures else ""
        credited = _CREDIT.fullmatch(words)
        views = counted(link.xpath("string(.//*[@data-e2e='video-views'])"))
        cover = absolute(pictures[0].get("src")) if pictures else None
        yield Post(
            platform="tiktok", native_id=found[3], url=f"https://www.tiktok.com/@{person.handle}/{found[2]}/{found[3]}",
            kind="image" if found[2] == "photo" else "video", author=person, published=times.unknown(source="page"),
            first_seen=page.captured_at, text=(credited[1] if credited else words) or None,
            tags=tuple(dict.fromkeys(re.findall(r"#(\w{1,100})", credited[1] if credited else words))),
            media=(Media(url=cover, alt=words or None),) if cover else (),
            metrics=Metrics(
                views=views.number if views else None,
                granularity={"views": views.step} if views and views.step > 1 else None,
            ),
            metrics_at=page.captured_at if views else None, route="page", capture=page.capture,
            raw={"time_of_id": time_of_id(found[3])},
        )  # fmt: skip


def time_of_id(native_id: str) -> str | None:
    """Return the second that the number of a video begins with."""
    number = int(native_id) >> 32
    return times.iso(datetime.fromtimestamp(number, UTC)) if 1_400_000_000 < number < 4_000_000_000 else None


def _universal(data: Any) -> dict[str, Any]:
    found = data.get("__DEFAULT_SCOPE__") if isinstance(data, dict) else None
    parts = found if isinstance(found, dict) else {}
    detail = parts.get("webapp.video-detail") or parts.get("webapp.reflow.video.detail") or {}
    account = parts.get("webapp.user-detail") or {}
    info = account.get("userInfo") or {}
    return _kept({
        "video": (detail.get("itemInfo") or {}).get("itemStruct"), "user": info.get("user"),
        "stats": info.get("statsV2") or info.get("stats"), "items": info.get("itemList"),
        "code": (detail or account).get("statusCode"), "words": (detail or account).get("statusMsg"),
    })  # fmt: skip


def _next(data: Any) -> dict[str, Any]:
    props = (data.get("props") or {}).get("pageProps") or {} if isinstance(data, dict) else {}
    info = props.get("userInfo") or {}
    return _kept({
        "video": (props.get("itemInfo") or {}).get("itemStruct"), "items": props.get("items"),
        "user": info.get("user"), "stats": info.get("stats"), "code": props.get("statusCode"),
        "words": props.get("statusMsg"),
    })  # fmt: skip


def _sigi(data: Mapping[str, Any]) -> dict[str, Any]:
    module, users = data.get("ItemModule") or {}, data.get("UserModule") or {}
    listed = ((data.get("ItemList") or {}).get("user-post") or {}).get("list") or list(module)
    people, stats = users.get("users") or {}, users.get("stats") or {}
    items = [_with_author(module[key], people) for key in map(str, listed) if isinstance(module.get(key), dict)]
    page = data.get("VideoPage") or data.get("UserPage") or {}
    handle = next(iter(people), "")
    alone = len(items) == 1 and not data.get("UserPage")
    return _kept({
        "video": items[0] if alone else None, "items": items, "user": people.get(handle), "stats": stats.get(handle),
        "code": page.get("statusCode"), "words": page.get("statusMsg"),
    })  # fmt: skip


def _with_author(item: Mapping[str, Any], people: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of the shape of 2022, which names its author beside, with the author inside."""
    if not isinstance(item.get("author"), str):
        return dict(item)
    handle = item["author"]
    person = people.get(handle) or {"id": item.get("authorId"), "uniqueId": handle, "nickname": item.get("nickname")}
    return {**item, "author": person}


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _person(user: Mapping[str, Any]) -> Author:
    handle = str(user.get("uniqueId") or "") or None
    return Author(
        native_id=str(user["id"]) if user.get("id") else None, handle=handle, name=user.get("nickname") or None,
        url=f"https://www.tiktok.com/@{handle}" if handle else None,
    )  # fmt: skip


def _author(item: Mapping[str, Any]) -> Author:
    user = item.get("author")
    return _person(user if isinstance(user, dict) else {"uniqueId": user})


def _published(created: object, native_id: str) -> times.Instant:
    if isinstance(created, int | str) and str(created) not in ("", "0"):
        return times.from_epoch(created)
    stated = time_of_id(native_id)
    return times.from_iso(stated, "id") if stated else times.unknown()


def _media(item: Mapping[str, Any]) -> tuple[Media, ...]:
    images = (item.get("imagePost") or {}).get("images")
    if images:
        urls = [_list((one.get("imageURL") or {}).get("urlList"))[:1] for one in _list(images) if isinstance(one, dict)]
        return tuple(Media(url=str(url[0])) for url in urls if url)
    film = item.get("video") or {}
    address = next((film[k] for k in ("playAddr", "downloadAddr", "cover", "originCover") if film.get(k)), None)
    return (Media(url=str(address), kind="video"),) if address else ()


def _metrics(item: Mapping[str, Any]) -> Metrics:
    stats = item.get("statsV2") or item.get("stats") or {}
    names = {"likes": "diggCount", "replies": "commentCount", "reposts": "shareCount", "views": "playCount"}
    numbers = {name: _count(stats.get(key)) for name, key in names.items()}
    return Metrics(**numbers, granularity=_steps(numbers))


def _steps(numbers: Mapping[str, int | None]) -> dict[str, int] | None:
    """Return the steps of counters that came rounded: above ten thousand to hundreds, above a million to 100,000."""
    steps = {}
    for name, number in numbers.items():
        if number and number >= 1_000_000 and number % 100_000 == 0:
            steps[name] = 100_000
        elif number and number >= 10_000 and number % 100 == 0:
            steps[name] = 100
    return steps or None


def _raw(item: Mapping[str, Any]) -> dict[str, Any]:
    music, film = item.get("music") or {}, item.get("video") or {}
    stats = item.get("statsV2") or item.get("stats") or {}
    said = {
        "music": {"id": music.get("id"), "title": music.get("title"), "by": music.get("authorName")} if music else None,
        "cover": film.get("originCover") or film.get("cover"), "duration": film.get("duration"),
        "location": item.get("locationCreated"), "saved": _count(stats.get("collectCount")), "ad": item.get("isAd"),
        "made_by_ai": item.get("IsAigc"), "duet_from": (item.get("duetInfo") or {}).get("duetFromId"),
        "time_of_id": time_of_id(str(item["id"])),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value and value != "0"}


def _language(code: object) -> bool:
    return isinstance(code, str) and code not in ("", "un")


def _count(value: object) -> int | None:
    text = str(value)
    return int(text) if isinstance(value, int | str) and re.fullmatch(r"\d{1,18}", text) else None


def _list(value: object) -> list[Any]:
    return value[:_MOST] if isinstance(value, list) else []
