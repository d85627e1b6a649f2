"""Read what Flickr's interface answers, as XML or as JSON: both become one shape, that of its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.api import api_post, made
from collectors.feed_xml import decoded, tree
from core import ids, markup, times
from core.errors import BadRequest, CopytrailError, Gone, NotRecorded, Private, SourceChanged, Unavailable
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile

_ALPHABET = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_SIZES = (
    "url_o",
    "url_6k",
    "url_5k",
    "url_4k",
    "url_3k",
    "url_k",
    "url_h",
    "url_l",
    "url_c",
    "url_z",
    "url_m",
    "url_n",
)
_MOST = 500
Thing = Mapping[str, Any]


def answer(response: Response, method: str, part: str, *, offline: bool) -> Thing:
    """Return a part of the answer to a method; raise what the answer says, also where that comes with status 200."""
    told = _shape(response)
    if told.get("stat") == "fail":
        raise _refused(told, method, response)
    found = told.get(part)
    if isinstance(found, dict):
        return found
    if offline and told.get("stat") == "ok":
        raise NotRecorded(f"The record of {response.url} answers another method than {method}.", url=response.url)
    raise SourceChanged(f"The answer of {method} has no {part}; it is archived.", url=response.url)


def text(value: object) -> str:
    """Return the words of a value: a string, or what an element of the XML holds."""
    return str(value.get("_content") or "") if isinstance(value, dict) else str(value) if value else ""


def several(value: object) -> list[Thing]:
    """Return the things under a name, one or many."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict)]


def count(value: object) -> int | None:
    """Return a counter, None where none is stated."""
    return int(words) if re.fullmatch(r"\d{1,18}", words := text(value)) else None


def decode58(code: str) -> str:
    """Return the number of a photo that a short link stands for; raise ValueError where it is none."""
    number = 0
    for letter in code[:20]:
        number = number * 58 + _ALPHABET.index(letter)
    return str(number)


def photo(item: Thing, response: Response, films: str | None = None) -> Post:
    """Return the post of a photo, of a listing or alone."""
    if not item.get("id"):
        raise SourceChanged(f"{response.url} shows a photo without an id; see whether it opens in a browser.")
    native_id, owner = str(item["id"]), item.get("owner")
    person = owner if isinstance(owner, dict) else {}
    nsid = str(person.get("nsid") or owner or "") or None
    alias = str(person.get("path_alias") or item.get("pathalias") or item.get("path_alias") or "") or None
    name = text(person.get("realname") or item.get("realname") or person.get("username") or item.get("ownername"))
    html = text(item.get("description")).replace("\n", "<br/>")
    dates = item.get("dates") if isinstance(item.get("dates"), dict) else {}
    posted = text(item.get("dateupload") or (dates or {}).get("posted") or item.get("dateuploaded"))
    film = item.get("media") == "video"
    url = f"https://www.flickr.com/photos/{alias or nsid or 'unknown'}/{native_id}/"
    picture = films or _picture(item)
    return api_post(
        response, platform="flickr", native_id=native_id, url=url, kind="video" if film else "image",
        author=made(
            Author, native_id=nsid, handle=alias, name=name,
            url=f"https://www.flickr.com/photos/{alias or nsid}/" if alias or nsid else None,
        ),
        published=times.from_epoch(posted),
        title=text(item.get("title")) or None, text=markup.plain(html) or None, links=markup.links(html),
        tags=_tags(item.get("tags")),
        media=(Media(url=picture, kind="video" if films else "image"),) if picture else (),
        metrics=made(
            Metrics, views=count(item.get("views")), likes=count(item.get("count_faves")),
            replies=count(item.get("comments") or item.get("count_comments")),
        ),
        raw=_raw(item, dates or {}, person),
    )  # fmt: skip


def comment(item: Thing, photo_id: str, response: Response) -> Post:
    """Return a comment; its HTML keeps the lines it was written in."""
    html = text(item).replace("\n", "<br/>")
    nsid, alias = str(item.get("author") or "") or None, text(item.get("path_alias")) or None
    return api_post(
        response, platform="flickr", native_id=str(item["id"]), kind="comment",
        url=text(item.get("permalink")) or f"https://www.flickr.com/photo.gne?id={photo_id}",
        author=made(
            Author, native_id=nsid, handle=alias, name=text(item.get("realname") or item.get("authorname")),
            url=f"https://www.flickr.com/photos/{alias or nsid}/" if nsid else None,
        ),
        published=times.from_epoch(text(item.get("datecreate"))), text=markup.plain(html) or None,
        links=markup.links(html), reply_to=ids.ref("flickr", photo_id), root=ids.ref("flickr", photo_id),
        raw={"author_deleted": True} if text(item.get("author_is_deleted")) == "1" else {},
    )  # fmt: skip


def profile(person: Thing, response: Response) -> Profile:
    """Return what a member showed of itself."""
    nsid, alias = str(person.get("nsid") or person.get("id")), text(person.get("path_alias")) or None
    html = text(person.get("description")).replace("\n", "<br/>")
    photos = person.get("photos") if isinstance(person.get("photos"), dict) else {}
    server, farm = text(person.get("iconserver")), text(person.get("iconfarm"))
    icon = f"https://farm{farm}.staticflickr.com/{server}/buddyicons/{nsid}_r.jpg" if server not in ("", "0") else None
    raw = {
        "username": text(person.get("username")), "location": text(person.get("location")),
        "first_upload": text((photos or {}).get("firstdate")), "pro": text(person.get("ispro")) == "1" or None,
    }  # fmt: skip
    return made(
        Profile, platform="flickr", bio=markup.plain(html) or None, avatar=icon, links=markup.links(html),
        author=made(
            Author, native_id=nsid, handle=alias, name=text(person.get("realname")) or text(person.get("username")),
            url=text(person.get("photosurl")) or f"https://www.flickr.com/photos/{alias or nsid}/",
        ),
        counts=made(Counts, posts=count((photos or {}).get("count"))), seen=response.captured_at, route="api",
        capture=response.capture, raw={name: value for name, value in raw.items() if value},
    )  # fmt: skip


def _refused(told: Thing, method: str, response: Response) -> CopytrailError:
    error = several(told.get("err")) or [told]
    code, words = text(error[0].get("code")), text(error[0].get("msg") or error[0].get("message"))
    said = f"Flickr's {method} answers error {code}: {words[:200]}"
    facts: dict[str, Any] = {"url": response.url, "status": response.status}
    if code == "100":
        return BadRequest(
            f"{said}. Set FLICKR_API_KEY to a key of https://www.flickr.com/services/apps/create/.", **facts
        )
    if code in ("2", "3", "99") and re.search(r"permission|private|privileges|login", words, re.IGNORECASE):
        return Private(f"{said}. Its owner shows it to others only.", **facts)
    if code == "1" or "not found" in words.lower() or "deleted" in words.lower():
        # Flickr answers alike for what was deleted, what never was, and what is not shown to everybody.
        return Gone(f"{said}. It was deleted, never was, or is not public: Flickr does not tell which.", **facts)
    if code in ("105", "106", "0"):
        return Unavailable(f"{said}. The next run tries again.", **facts)
    return BadRequest(f"{said}. Check the address.", **facts)


def _shape(response: Response) -> dict[str, Any]:
    """Return an answer in the shape of Flickr's JSON, whichever format it came in."""
    words = decoded(response).lstrip("\ufeff \t\r\n")
    if words.startswith("<"):
        root, _ = tree(words, response.url)
        if root is None or root.tag != "rsp":
            raise SourceChanged(f"{response.url} answered no XML of Flickr's; it is archived.", url=response.url)
        return _of_element(root, 0)
    found = re.fullmatch(r"jsonFlickrApi\((.*)\)\s*;?\s*", words, re.DOTALL)
    try:
        told = json.loads(found[1] if found else words)
    except (ValueError, RecursionError):
        raise SourceChanged(
            f"{response.url} answered neither XML nor JSON; it is archived.", url=response.url
        ) from None
    return told if isinstance(told, dict) else {}


def _of_element(element: Any, depth: int) -> dict[str, Any]:
    made_of: dict[str, Any] = dict(element.attrib)
    if words := (element.text or "").strip("\n\t"):
        made_of["_content"] = words
    for child in element if depth < 20 else ():
        inner = _of_element(child, depth + 1)
        held = made_of.get(child.tag)
        made_of[child.tag] = [*held, inner] if isinstance(held, list) else inner if held is None else [held, inner]
    return made_of


def _picture(item: Thing) -> str | None:
    """Return the address of the largest picture that is shown: the original where its owner lets it be seen."""
    if shown := next((text(item[size]) for size in _SIZES if item.get(size)), None):
        return shown
    server, number = text(item.get("server")), text(item.get("id"))
    original, secret = text(item.get("originalsecret")), text(item.get("secret"))
    if server and original:
        return (
            f"https://live.staticflickr.com/{server}/{number}_{original}_o.{text(item.get('originalformat')) or 'jpg'}"
        )
    return f"https://live.staticflickr.com/{server}/{number}_{secret}_b.jpg" if server and secret else None


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):
        named = [text(one.get("raw")) or text(one) for one in several(value.get("tag"))]
    else:
        named = text(value).split()
    return tuple(dict.fromkeys(filter(None, named)))[:_MOST]


def _raw(item: Thing, dates: Thing, person: Thing) -> dict[str, Any]:
    """Return what the camera and the owner say beside: when it was taken is not when it was posted.

    Where it was taken is left in the archive: to the metre it says where a person was.
    """
    unknown = text(dates.get("takenunknown") or item.get("datetakenunknown")) == "1"
    said = {
        "taken": None if unknown else text(dates.get("taken") or item.get("datetaken")),
        "taken_granularity": text(dates.get("takengranularity") or item.get("datetakengranularity")),
        "updated": text(dates.get("lastupdate") or item.get("lastupdate")), "license": text(item.get("license")),
        "username": text(person.get("username") or item.get("ownername")),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def pages_of(found: Thing) -> tuple[int, int]:
    """Return the number of this page and of the last one."""
    return count(found.get("page")) or 1, count(found.get("pages") or found.get("total_pages")) or 1


def films_of(sizes: Thing) -> Iterator[str]:
    """Yield the addresses of the films among the sizes, the largest first."""
    every = [one for one in several(sizes.get("size")) if one.get("media") == "video" and one.get("source")]
    yield from (text(one["source"]) for one in sorted(every, key=lambda one: -(count(one.get("width")) or 0)))
