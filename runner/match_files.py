"""Match kept files with one another: pictures by their index, sounds by theirs, films one beside the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from matchers import film_prints, image, pictures, sound, video
from matchers.base import Matcher, Verdict
from matchers.bits import Haystack
from matchers.film_prints import FilmPrint
from matchers.image import ImagePart, ImageSame
from matchers.picture_index import PictureIndex
from matchers.pictures import PicturePrint
from matchers.segments import Batch, Segments
from matchers.sound import SoundNear, SoundPrint
from matchers.video import VideoFrame, VideoNear
from matchers.weights import capped
from runner.match_context import MatchContext
from runner.match_rows import item_row, parameters_of
from storage import matching, pairs, prints
from storage.pairs import ItemPairRow

Array = NDArray[Any]

MATCHERS: dict[str, Matcher] = {m.id: m for m in (ImageSame(), ImagePart(), VideoNear(), VideoFrame(), SoundNear())}
MARK = "media:files"
_LOT = 200  # files matched in one transaction
_MINUTES = 64  # rows of the index of sounds that one file may take


def match(context: MatchContext, tools: Mapping[str, str]) -> int:
    """Match files that were read since with all read before; return how many matches that gave."""
    with context.database.read() as conn:
        after, newest = matching.mark(conn, MARK), prints.newest(conn)
    if after >= newest:
        return 0
    found = 0
    with ExitStack() as stack:
        run = _Files(context, tools, stack)
        run.catch_up(after)
        while lot := run.lot(after, newest):
            found += run.keep(lot)
            after = lot[-1].id
            context.progress("comparing files", after, newest)
    return found


class _Files:
    """The indexes of pictures and sounds, and the matching of one lot of files after the other."""

    def __init__(self, context: MatchContext, tools: Mapping[str, str], stack: ExitStack) -> None:
        self.context, self.tools = context, tools
        folder = context.index_folder
        self.pictures = stack.enter_context(PictureIndex(folder / "pictures", tools["image"]))
        self.sounds = stack.enter_context(Segments(folder / "sounds", sound.TOOL))
        with context.database.write() as conn:
            self.parameters = {name: parameters_of(conn, matcher) for name, matcher in MATCHERS.items()}
        self.pairs: dict[tuple[str, str, str], ItemPairRow] = {}

    def lot(self, after: int, upto: int) -> list[Any]:
        """Return the next files after a row."""
        with self.context.database.read() as conn:
            return list(islice(self._load(conn, after, upto, ("image", "video", "audio")), _LOT))

    def _load(self, conn: Any, after: int, upto: int, kinds: tuple[str, ...]) -> Iterator[Any]:
        return prints.load(conn, after, upto, self.tools.values(), kinds)

    def catch_up(self, upto: int) -> None:
        """Bring the indexes up to a row, from nothing where they stand for another past."""
        with self.context.database.read() as conn:
            for index in (self.pictures, self.sounds):
                known = index.generation <= upto and index.token == prints.name_of(conn, index.generation)
                if not known:
                    index.clear()
            for index, kinds in ((self.pictures, ("image",)), (self.sounds, ("video", "audio"))):
                rows = self._load(conn, index.generation, upto, kinds)
                while some := list(islice(rows, _LOT)):
                    self._append(index, some, conn)

    def _append(self, index: PictureIndex | Segments, rows: list[Any], conn: Any) -> None:
        token = prints.name_of(conn, rows[-1].id)
        if isinstance(index, PictureIndex):
            own = self._pictures(rows)
            index.append([row.id for row, _ in own], [p for _, p in own], rows[-1].id, token)
        else:
            index.append(_sound_batch(self._sounds(rows)), rows[-1].id, token)

    def keep(self, rows: list[Any]) -> int:
        """Match one lot, keep what was found in one transaction, then let the indexes follow."""
        self.pairs = {}
        own, heard, seen = self._pictures(rows), self._sounds(rows), list(self._films(rows))
        with self.context.database.read() as conn:
            self._match_pictures(conn, own)
            self._match_sounds(conn, heard)
            self._match_films(conn, seen, own, rows[0].id - 1, rows[-1].id)
        with self.context.database.write() as conn:
            pairs.save_items(conn, self.context.generation, self.pairs.values())
            matching.set_mark(conn, MARK, rows[-1].id)
        with self.context.database.read() as conn:
            self._append(self.pictures, rows, conn)
            self._append(self.sounds, rows, conn)
        return len(self.pairs)

    def _note(self, one: str, other: str, name: str, verdict: Verdict) -> None:
        matcher = MATCHERS[name]
        says = getattr(matcher, "intrinsic", 0.0)
        weight = float(capped(says[verdict.strength] if isinstance(says, Mapping) else says, matcher.modality))
        row = item_row("media", one, other, matcher, verdict, weight, self.parameters[name])
        self.pairs[row.left_key, row.right_key, name] = row

    def _match_pictures(self, conn: Any, own: list[tuple[Any, PicturePrint]]) -> None:
        candidates = self.pictures.candidates([row.id for row, _ in own], [p for _, p in own])
        here = {row.id: (row.sha256, p) for row, p in own}
        older = prints.some(conn, {row for some in candidates for row in some} - here.keys())
        here.update({row.id: (row.sha256, p) for row, p in self._pictures(older.values())})
        for (row, mine), others in zip(own, candidates, strict=True):
            for number in others:
                if number not in here:
                    continue
                sha, theirs = here[number]
                turned = row.sha256 > sha
                if verdict := image.compare(theirs, mine) if turned else image.compare(mine, theirs):
                    self._note(row.sha256, sha, str(verdict.detail["matcher"]), verdict)

    def _match_sounds(self, conn: Any, heard: list[tuple[Any, SoundPrint]]) -> None:
        batch = _sound_batch(heard)
        if not len(batch.keys):
            return
        meets = _meets(self.sounds, batch)
        here = {row.id: (row.sha256, p) for row, p in heard}
        older = prints.some(conn, {b for _, b in meets} - here.keys())
        here.update({row.id: (row.sha256, p) for row, p in self._sounds(older.values())})
        for a, b in sorted(meets):
            if a in here and b in here:
                self._hear(*here[a], *here[b])

    def _hear(self, one: str, mine: SoundPrint, other: str, theirs: SoundPrint) -> None:
        left, right = (mine, theirs) if one < other else (theirs, mine)
        if one != other and (verdict := sound.compare(left, right)):
            self._note(one, other, SoundNear.id, verdict)

    def _match_films(
        self, conn: Any, seen: list[tuple[Any, FilmPrint]], own: list[tuple[Any, PicturePrint]], before: int, upto: int
    ) -> None:
        """Lay new films beside all earlier ones, and look for pictures among frames, whichever came first."""
        views = _hashes(own)
        if seen:
            self._frames_in_index(conn, seen, views)
        if not seen and not len(views[1]):
            return
        new_pictures = Haystack(views[1])
        for row, theirs in self._films(self._load(conn, 0, upto, ("video",))):
            for new, mine in seen:
                if new.id > row.id and film_prints.worth(mine, theirs):
                    turned = new.sha256 > row.sha256
                    verdict = video.compare(theirs, mine) if turned else video.compare(mine, theirs)
                    if verdict:
                        self._note(new.sha256, row.sha256, VideoNear.id, verdict)
                        for (_, own_sound), (_, other) in zip(self._sounds([new]), self._sounds([row]), strict=False):
                            self._hear(new.sha256, own_sound, row.sha256, other)
            if row.id <= before and len(views[1]):
                self._frames(row.sha256, theirs, views[0], new_pictures)

    def _frames_in_index(self, conn: Any, seen: list[tuple[Any, FilmPrint]], views: tuple[list[str], Array]) -> None:
        names = prints.names(conn, set(self.pictures.rows.tolist()))
        known = [names.get(row, "") for row in self.pictures.rows.tolist()]
        both = Haystack(np.concatenate([self.pictures.hashes, views[1]]))
        for row, film in seen:
            self._frames(row.sha256, film, known + views[0], both)

    def _frames(self, sha: str, film: FilmPrint, names: list[str], haystack: Haystack) -> None:
        """Note which pictures are frames of a film: each with the frame that is most like it."""
        best: dict[str, tuple[int, int]] = {}
        for look in filter(None, (film.whole, film.inner)):
            places = np.flatnonzero(look.seen)
            frames = look.hashes[places].view(np.uint8).reshape(-1, 32)
            near = haystack.within(frames)
            for at, which, gap in zip(near.left.tolist(), near.right.tolist(), near.distance.tolist(), strict=True):
                name = names[which]
                best[name] = min((int(gap), int(places[at])), best.get(name, (256, 0)))
        for name, (gap, place) in best.items():
            if name and name != sha:
                self._note(name, sha, VideoFrame.id, video.frame(place / film.rate, gap, picture_left=name < sha))

    def _pictures(self, rows: Iterable[Any]) -> list[tuple[Any, PicturePrint]]:
        chosen = (row for row in rows if row.kind == "image" and row.status == "read" and row.prints and row.features)
        return list(self._unpacked(chosen, lambda row: pictures.unpack(row.prints, row.features)))

    def _films(self, rows: Iterable[Any]) -> Iterator[tuple[Any, FilmPrint]]:
        """Yield films one by one: all of an archive would not fit into memory."""
        chosen = (row for row in rows if row.kind == "video" and row.status == "read" and row.prints)
        yield from self._unpacked(chosen, lambda row: film_prints.unpack(row.prints))

    def _sounds(self, rows: Iterable[Any]) -> list[tuple[Any, SoundPrint]]:
        return list(self._unpacked((row for row in rows if row.sound), lambda row: sound.unpack(row.sound)))

    def _unpacked(self, rows: Iterable[Any], unpack: Any) -> Iterator[tuple[Any, Any]]:
        for row in rows:
            try:
                yield row, unpack(row)
            except BadInput as error:
                self.context.say(f"{row.sha256}: {error.sentence}")


def _hashes(own: list[tuple[Any, PicturePrint]]) -> tuple[list[str], Array]:
    """Return the hashes of pictures that say something, each with the name of its file."""
    found = [(row.sha256, region.turns[0]) for row, p in own for region in p.hashes()]
    return [name for name, _ in found], np.array([turn for _, turn in found], np.uint8).reshape(-1, 32)


def _meets(index: Segments, batch: Batch) -> set[tuple[int, int]]:
    """Return the rows of prints whose sounds share enough keys within a minute: a new one, an earlier one."""
    _, rows = index.earlier(batch, sound.MEET)
    who = np.repeat(batch.ids, np.diff(batch.starts))
    met = np.stack([np.repeat(who, sound.MEET), rows.ravel()], axis=1)
    met = met[(met[:, 1] >= 0) & (met[:, 0] // _MINUTES != met[:, 1] // _MINUTES)]
    both, counts = np.unique(met, axis=0, return_counts=True)
    found: dict[int, int] = {}
    meets: set[tuple[int, int]] = set()
    for place in np.argsort(-counts, kind="stable").tolist():
        new, old = both[place].tolist()
        if counts[place] >= sound.SHARED and found.get(new, 0) < sound.BEST:
            found[new] = found.get(new, 0) + 1
            meets.add((new // _MINUTES, old // _MINUTES))
    return meets


def _sound_batch(heard: list[tuple[Any, SoundPrint]]) -> Batch:
    """Return sounds as the index takes them: a row a minute."""
    minutes = [(row.id * _MINUTES + n, keys) for row, p in heard for n, keys in enumerate(sound.keys(p)[:_MINUTES])]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(keys) for _, keys in minutes], dtype=np.int64)])
    flat = np.concatenate([keys for _, keys in minutes]) if minutes else np.zeros(0, np.uint64)
    return Batch(np.array([number for number, _ in minutes], np.int64), starts, flat)
