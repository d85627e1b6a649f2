"""Write the invented operation: forty texts, seeded on small sites, copied with changes, amplified on large ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from demo import acts, cast
from demo.drafts import TITLED, Draft, publish
from demo.edits import EDITS
from demo.small_talk import LANGUAGES, SmallTalk, texts, tongue
from demo.world import TEXT_EDITS, Edit, Place, Size, World

START = datetime(2024, 6, 3, tzinfo=UTC)  # a Monday; far enough back that no clock calls it the future
DAYS = 14
COLLECT_ON = (5, 10, 14)
HISTORY = 10  # days of small talk before the first day

# The way the demo's truth runs: how many copies appear on places of a size, and how many hours after the seed.
_WAVES: tuple[tuple[Size, int, float, float], ...] = (("small", 2, 3, 40), ("middle", 2, 22, 90), ("large", 4, 50, 190))
_CLOCK = timedelta(hours=2)  # by which the islands are ahead of UTC
_HOURS = (9, 10, 11, 13, 14, 15, 16, 17)  # at which the operation is at its desks
_AGAIN: tuple[Edit, ...] = ("exact", "w10")  # the edits the demo reports on are planted twice per text


@dataclass
class Stage:
    """What the writing of the operation needs at hand: chance, small talk, places and what stands there already."""

    rng: Random
    talk: SmallTalk
    places: tuple[Place, ...]
    petitions: tuple[str, ...]
    drafts: list[Draft] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)

    def day(self, day: float) -> datetime:
        """Return the moment so many days after the start, to the second."""
        return START + timedelta(seconds=round(day * 86400))

    def add(self, place: Place, at: datetime, text: str, language: str, **more: object) -> Draft:
        """Put a draft on a place; on places with titles every post but a comment has one."""
        draft = Draft(place, self.rng.choice(place.people), at, text, language)
        for name, value in more.items():
            setattr(draft, name, value)
        if place.software not in TITLED or draft.thread is not None:
            draft.title = None
        elif draft.title is None:
            draft.title = self.talk.title(language)
        if place.software == "news":
            draft.precision = "day"
        self.drafts.append(draft)
        self.held[place.key] += 1
        return draft

    def room_for(self, language: str, *sizes: Size, length: int = 0) -> list[Place]:
        """Return the places of these sizes that speak a language, have room left and take a text of that length."""
        return [
            place for place in self.places
            if place.size in sizes and language in place.languages and self.held[place.key] < place.capacity
            and place.closes is None and length <= (place.longest or length)
        ]  # fmt: skip

    def at_work(self, at: datetime) -> datetime:
        """Return a moment as the operation keeps it: on the next weekday, in office hours, not over lunch."""
        local = at + _CLOCK
        if local.hour == 12 and local.weekday() < 5:
            return at + timedelta(hours=1)
        if local.hour >= 18:
            local = (local + timedelta(days=1)).replace(hour=0)
        if local.weekday() >= 5:
            local = (local + timedelta(days=7 - local.weekday())).replace(hour=0)
        if local.hour < 9:
            local = local.replace(hour=self.rng.choice(_HOURS))
        if local - _CLOCK > self.day(DAYS - 0.05):  # the last days are a weekend
            local = (START + timedelta(days=11)).replace(minute=at.minute, second=at.second)
            local = local.replace(hour=self.rng.choice(_HOURS))
        return local - _CLOCK

    def of(self, software: str) -> list[Place]:
        """Return the places that run one software."""
        return [place for place in self.places if place.software == software]


def build(*, seed: int = 20240603) -> World:
    """Return the operation of a seed: the same seed gives the same world to the last character."""
    places, petitions, story = cast.load()
    rng = Random(seed)
    stage = Stage(rng, SmallTalk(rng), places, petitions)
    _small_talk(stage)
    threads = acts.threads(stage)
    for language in LANGUAGES:
        for text in texts(language)["texts"]:
            _campaign(stage, language, text["title"], text["text"], threads)
    acts.look_alikes(stage, threads)
    acts.shared_links(stage)
    acts.explicit(stage)
    acts.afterlife(stage)
    posts, truth = publish(stage.drafts, rng)
    return World(
        start=START, days=DAYS, collect_on=COLLECT_ON, places=places, posts=posts, truth=truth, story=story,
    )  # fmt: skip


def _small_talk(stage: Stage) -> None:
    for place in stage.places:
        for number in range(place.noise):
            language = stage.rng.choice(place.languages)
            # The opening post of a forum topic comes before all others.
            day = -HISTORY if number == 0 else stage.rng.uniform(-HISTORY, (place.closes or DAYS) - 0.1)
            # what carries a closing line of its own says more above it
            sentences = {"news": 5, "wordpress": 5, "livejournal": 4}.get(place.software, 2 if place.longest else 0)
            draft = stage.add(place, stage.day(day), stage.talk.post(language, sentences), language)
            draft.gone = stage.day(place.closes) if place.closes else None


def _campaign(stage: Stage, language: str, title: str, text: str, threads: dict[str, list[Draft]]) -> None:
    rng = stage.rng
    small = stage.room_for(language, "small", length=len(text))
    began = stage.at_work(stage.day(rng.uniform(0.3, 4.6)))
    seed = stage.add(rng.choice(small), began, text, language, title=title, tags=("lanterntide",))
    edits = [*TEXT_EDITS, *_AGAIN]
    rng.shuffle(edits)
    used = {seed.place.key}
    for size, copies, earliest, latest in _WAVES:
        for _ in range(copies):
            edit, said = _edited(stage, seed, edits)
            room = stage.room_for(language, size, length=len(said)) or stage.room_for(language, "large")
            place = rng.choice([place for place in room if place.key not in used] or room)
            used.add(place.key)
            at = stage.at_work(seed.at + timedelta(hours=rng.uniform(earliest, latest)))
            _copy(stage, seed, title, place, at, edit, said, threads)
    while edits:
        edit, said = _edited(stage, seed, edits)
        place = rng.choice(stage.room_for(language, "large", length=len(said)))
        at = stage.at_work(seed.at + timedelta(hours=rng.uniform(22, 190)))
        _copy(stage, seed, title, place, at, edit, said, threads)


def _edited(stage: Stage, seed: Draft, edits: list[Edit]) -> tuple[Edit, str]:
    edit = edits.pop()
    return edit, EDITS[edit](seed.text, tongue(seed.language), stage.rng)


def _copy(
    stage: Stage, seed: Draft, title: str, place: Place, at: datetime, edit: Edit, text: str,
    threads: dict[str, list[Draft]],
) -> None:  # fmt: skip
    rng, language = stage.rng, seed.language
    more: dict[str, object] = {"copy_of": seed, "edit": edit, "tags": ("lanterntide",)}
    open_threads = [thread for thread in threads.get(place.key, ()) if thread.at < at]
    if open_threads and rng.random() < 0.25:
        thread = rng.choice(open_threads)
        more |= {"thread": thread, "reply_to": thread}
    else:
        more["title"] = title if rng.random() < 0.6 else rng.choice(texts(language)["titles"])
    stage.add(place, at.replace(microsecond=0), text, language, **more)
