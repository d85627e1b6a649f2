"""Hold posts while the operation is being written: without ids yet, but with who answers whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from core.records import PostKind
from core.times import Precision
from demo import addresses, native
from demo.world import Edit, Person, Place, Planted, Posting, Revision, ref

_KINDS: dict[str, PostKind] = {
    "medium": "article", "substack": "article", "news": "article", "feed": "article", "wordpress": "article",
    "youtube": "video", "vimeo": "video", "pinterest": "image", "peertube": "video", "odysee": "video",
    "tiktok": "video", "pixiv": "image", "quora": "answer",
}  # fmt: skip
_NAMED_BY_ADDRESS = frozenset({"news", "feed", "substack", "lemmy"})  # an entry is named by its address
TITLED = frozenset({"reddit", "livejournal", "blogspot", "wordpress", "news", "feed", "tumblr", "substack", "medium",
                    "youtube", "vimeo", "pinterest", "hive", "peertube", "lemmy", "odysee", "pixiv", "ptt", "quora",
                    "soundcloud"})  # fmt: skip


@dataclass(eq=False)
class Draft:
    """A post to be; other drafts it refers to must be older than itself."""

    place: Place
    author: Person
    at: datetime
    text: str
    language: str
    title: str | None = None
    precision: Precision = "second"
    share: str | None = None  # an address the post carries, as written
    tags: tuple[str, ...] = ()
    thread: Draft | None = None
    reply_to: Draft | None = None
    repost_of: Draft | None = None
    quotes: Draft | None = None
    cites: Draft | None = None
    copy_of: Draft | None = None
    edit: Edit | None = None
    revision: Revision | None = None
    gone: datetime | None = None


def publish(drafts: Sequence[Draft], rng: Random) -> tuple[tuple[Posting, ...], tuple[Planted, ...]]:
    """Give every draft its id and address, oldest first; return the posts and what was planted."""
    ids, numbers = native.Ids(rng), Counter[str]()
    done: dict[Draft, Posting] = {}
    for draft in sorted(drafts, key=lambda d: d.at):
        numbers[draft.place.key] += draft.place.software in ("discourse", "xenforo")
        done[draft] = _published(draft, ids, numbers[draft.place.key], done)
    truth = [
        Planted(done[draft.copy_of].ref, done[draft].ref, draft.edit)
        for draft in drafts
        if draft.copy_of is not None and draft.edit is not None
    ]
    return tuple(done.values()), tuple(truth)


def _published(draft: Draft, ids: native.Ids, number: int, done: dict[Draft, Posting]) -> Posting:
    place, root = draft.place, done[draft.thread] if draft.thread else None
    comment = root is not None or number > 1
    shown = _shown_again(draft, done)
    native_id = shown.native_id if shown else ids.next(place, draft.at, "comment" if root else "post")
    url = shown.url if shown else addresses.address(place, native_id, draft.at, root.short if root else "", number)
    if place.software in _NAMED_BY_ADDRESS:
        native_id = url if place.software != "news" else url.partition("//")[2]
    cited = done[draft.cites].url if draft.cites else draft.share
    text = draft.text
    linked_only = place.software == "reddit" and draft.cites is not None  # a link post: the address is the post
    if cited and not linked_only:
        text = f"{text}\n\n{cited}"
    revision = draft.revision
    if revision and cited and not linked_only:
        revision = replace(revision, text=f"{revision.text}\n\n{cited}")
    kind: PostKind = "comment" if comment else "repost" if _is_boost(draft) else _KINDS.get(place.software, "post")
    return Posting(
        ref=ref(place, native_id, comment=comment, again=shown is not None), place=place, native_id=native_id,
        url=url, author=draft.author, published=draft.at, text=text, language=draft.language, kind=kind,
        title=draft.title, precision=draft.precision,
        links=(cited,) if cited else (), tags=draft.tags, thread=root.short if root else "", number=number,
        reply_to=_ref(draft.reply_to, done), repost_of=_ref(draft.repost_of, done), quotes=_ref(draft.quotes, done),
        revision=revision, gone=draft.gone,
    )  # fmt: skip


def _is_boost(draft: Draft) -> bool:
    return draft.repost_of is not None and draft.place.software in ("mastodon", "bluesky", "telegram", "vk")


def _shown_again(draft: Draft, done: dict[Draft, Posting]) -> Posting | None:
    """Return the post that a draft only shows again: Bluesky's reposts have no id of their own in its answers."""
    return done[draft.repost_of] if draft.repost_of and draft.place.software == "bluesky" else None


def _ref(draft: Draft | None, done: dict[Draft, Posting]) -> str | None:
    return done[draft].ref if draft else None
