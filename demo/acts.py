"""What happens around the copies: talk below posts, look-alikes, shared links, reposts, quotes, edits, deletions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from demo.drafts import Draft
from demo.small_talk import LANGUAGES, texts, tongue
from demo.world import Edit, Place, Revision

if TYPE_CHECKING:
    from demo.operation import Stage

LAST = 13.9  # days after the start: nothing happens later
_TRACKERS = (
    "", "?utm_source=quay&utm_medium=social", "?fbclid=IwAR0mar4v3lle", "?utm_campaign=lantern-tide", "?gclid=Cj0KCQ-mv"
)  # fmt: skip
_PASSED_ON = (("mastodon", 3, 1), ("bluesky", 2, 1), ("telegram", 3, 0), ("vk", 2, 0))  # reposts, quotes of a place
_SPREADERS = ("reddit", "mastodon", "discourse", "livejournal", "wordpress", "blogspot", "lemmy", "telegram", "hive")


def threads(stage: Stage) -> dict[str, list[Draft]]:
    """Open discussions below early posts; return them by place. Reddit's are long enough to be cut short."""
    found: dict[str, list[Draft]] = {}
    for place in stage.places:
        if place.software not in {"reddit", "blogspot", "wordpress"}:
            continue
        early = sorted((d for d in stage.drafts if d.place is place), key=lambda d: d.at)[:4]
        roots = early[1:3] if place.software == "reddit" else early[1:2]
        for root in roots:
            _discussion(stage, root, 34 if place.software == "reddit" else 3)
        if place.software == "reddit":
            found[place.key] = roots
    return found


def _discussion(stage: Stage, root: Draft, comments: int) -> None:
    said = [root]
    for _ in range(comments):
        parent = stage.rng.choice(said[-6:]) if root.place.software == "reddit" else root
        at = min(parent.at + timedelta(minutes=stage.rng.randint(7, 2000)), stage.day(LAST))
        text = stage.talk.post(root.language, stage.rng.choice((1, 2, 2)))
        said.append(_after(stage, root.place, max(at, parent.at + timedelta(seconds=1)), text, root, parent))


def _after(stage: Stage, place: Place, at: datetime, text: str, thread: Draft, parent: Draft) -> Draft:
    return stage.add(place, at, text, thread.language, thread=thread, reply_to=parent)


def look_alikes(stage: Stage, discussions: dict[str, list[Draft]]) -> None:
    """Add honest posts that must not be matched: the same topic in other words, boilerplate, signatures, greetings."""
    for language in LANGUAGES:
        data = texts(language)
        for honest in data["honest"]:
            place = stage.rng.choice(stage.room_for(language, "small", "middle"))
            stage.add(place, _moment(stage, 2, LAST), honest["text"], language, title=honest["title"])
        for greeting in data["greetings"]:
            for place in _some(stage, [p for p in stage.room_for(language, "middle", "large") if p.capacity > 100], 2):
                thread = stage.rng.choice(discussions[place.key]) if place.key in discussions else None
                at = _moment(stage, 1, LAST)
                stage.add(place, at, greeting, language, thread=thread, reply_to=thread)
    for draft in stage.drafts:
        talk = draft.copy_of is None and draft.thread is None and not draft.tags
        if talk and draft.place.software in {"news", "wordpress"}:
            draft.text += "\n\n" + texts(draft.language)["boilerplate"]
        elif talk and draft.place.software == "livejournal":
            draft.text += "\n\n" + texts(draft.language)["signature"]
    for draft in [d for d in stage.drafts if d.place.software == "mastodon" and not d.tags][::5]:
        draft.text += "\n\n#lanterntide"


def shared_links(stage: Stage) -> None:
    """Let unrelated posts carry the same few addresses, each written another way."""
    for url in stage.petitions:
        base: Draft | None = None
        moments = sorted(_moment(stage, 0.5, LAST) for _ in range(7))
        for number, at in enumerate(moments):
            language = stage.rng.choice(LANGUAGES)
            places = [p for p in stage.room_for(language, "small", "large") if p.software in _SPREADERS]
            draft = stage.add(
                stage.rng.choice(places), at, stage.talk.post(language), language,
                share=url + _TRACKERS[number % len(_TRACKERS)],
            )  # fmt: skip
            if base is not None:
                draft.copy_of, draft.edit = base, "link"
            base = base or draft


def explicit(stage: Stage) -> None:
    """Repost, quote and cite copies, in the ways the platforms have for it."""
    communities = stage.of("reddit")
    for software, reposts, quotes in _PASSED_ON:
        for place in (p for p in stage.of(software) if p.closes is None):
            others = [d for d in _copies(stage, software) if d.place is not place]
            for original in _some_drafts(stage, others, reposts):
                _act(stage, place, original, "repost", repost_of=original, text=original.text)
            for original in _some_drafts(stage, others, quotes):
                _act(stage, place, original, "quote", quotes=original)
    for place in stage.of("xenforo"):
        for original in _some_drafts(stage, [d for d in _copies(stage, "xenforo") if d.place is place], 2):
            _act(stage, place, original, "quote", quotes=original)
    for original in _some_drafts(stage, [d for d in _copies(stage, "reddit") if d.thread is None], 6):
        other = next(c for c in communities if c is not original.place)
        _act(stage, other, original, "repost", repost_of=original, text="", title=original.title)
    seeds = [d for d in stage.drafts if d.copy_of is None and d.tags]
    for number, original in enumerate(_some_drafts(stage, seeds, 16)):
        software = ("reddit", "mastodon")[number % 2]
        place = stage.rng.choice(stage.of(software))
        _act(stage, place, original, "cite", cites=original)


def _act(stage: Stage, place: Place, original: Draft, edit: Edit, text: str | None = None, **more: object) -> None:
    language = original.language if edit == "repost" else stage.rng.choice(place.languages)
    at = min(original.at + timedelta(hours=stage.rng.uniform(1, 60)), stage.day(LAST)).replace(microsecond=0)
    at = max(at, original.at + timedelta(minutes=2))
    said = stage.talk.post(language, 3) if text is None else text
    if place.software == "reddit" and edit == "cite":
        more["title"], said = stage.talk.post(language, 1), ""  # a link post has a title and an address
    stage.add(place, at, said, language, copy_of=original, edit=edit, **more)


def afterlife(stage: Stage) -> None:
    """Let some posts change or vanish between two collections, and one carry a date that is none."""
    for software in ("mastodon", "reddit", "blogspot", "discourse", "vk", "hive", "lemmy", "quora"):
        fresh = [d for d in stage.drafts if d.place.software == software and stage.day(3.1) < d.at < stage.day(4.9)]
        plain = [d for d in fresh if d.text and not (d.thread or d.repost_of or d.cites or _is_named(stage, d))]
        for draft in sorted(plain, key=lambda d: d.edit is None)[:1]:  # a copy rather than small talk
            added = stage.rng.choice(tongue(draft.language).suffixes)
            draft.revision = Revision(_moment(stage, 5.5, 8), f"{draft.text}\n\n{added}")
    for software in ("livejournal", "mastodon"):
        seen = [d for d in stage.drafts if d.place.software == software and stage.day(2) < d.at < stage.day(4.8)]
        plain = [d for d in seen if d.repost_of is None and not _is_named(stage, d)]
        for draft in sorted(plain, key=lambda d: not d.tags)[:1]:
            draft.gone = stage.day(7.25)
    replies = [d for d in stage.drafts if d.place.software == "reddit" and d.thread and d.copy_of is None]
    max((d for d in replies if d.at < stage.day(4.5)), key=lambda d: d.at).gone = stage.day(8.5)
    next(d for d in stage.drafts if d.place.software == "feed" and d.copy_of is None).precision = "unknown"


def _is_named(stage: Stage, draft: Draft) -> bool:
    return any(draft in (d.repost_of, d.quotes, d.cites) for d in stage.drafts)


def _copies(stage: Stage, software: str) -> list[Draft]:
    return [
        d for d in stage.drafts
        if d.place.software == software and d.tags and d.repost_of is None and d.at < stage.day(LAST - 0.2)
    ]  # fmt: skip


def _moment(stage: Stage, first: float, last: float) -> datetime:
    return stage.day(stage.rng.uniform(first, last))


def _some(stage: Stage, places: list[Place], number: int) -> list[Place]:
    return stage.rng.sample(places, min(number, len(places)))


def _some_drafts(stage: Stage, drafts: list[Draft], number: int) -> list[Draft]:
    return stage.rng.sample(drafts, min(number, len(drafts)))
