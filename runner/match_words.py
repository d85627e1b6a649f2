"""Feed the words read in pictures to the text kernel: picture with picture, picture with post. No words, no work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np

from matchers import image_words, kernel
from matchers.image_words import ImageWords
from matchers.segments import Batch, Segments
from matchers.weights import capped
from matchers.wording import joined
from runner import match_setting
from runner.match_context import MatchContext
from runner.match_rows import item_row, ordered, pair_row, parameters_of
from storage import match_posts, matching, pairs, prints
from storage.pairs import PairRow

FILES = "words:files"  # how far pictures were compared with pictures
PICTURES, POSTS = "words:pictures", "words:posts"  # and how far, of pictures and of posts, the two with one another
STAMP = f"words-1 {kernel.VERSION}"
FEW = 4  # earliest posts of a picture that are linked
_LOT = 1_000
_LAST = 2**32 - 2  # rows asked for come after all others
_BOTH, _ONE = "in both pictures", "in a picture of one of these posts (the other's own text)"
Holders = Callable[[Any, str], list[int]]


def match(context: MatchContext) -> int:
    """Match pictures read since with earlier ones by their words; return how many matches that gave."""
    with context.database.read() as conn:
        after, newest = matching.mark(conn, FILES), prints.newest(conn)
        fresh = list(prints.worded(conn, after, newest))
    if not fresh:
        return 0
    matcher, found = ImageWords(), []
    with Segments(context.index_folder / "words", STAMP) as index:
        with context.database.read() as conn:
            _catch_up(conn, index, after)
            batch = _batch({row.id: row.words for row in fresh})
            met = index.candidates(batch)
            older = prints.some(conn, set(met.row.tolist()))
        here = {row.id: row for row in fresh} | older
        with context.database.write() as conn:
            number = parameters_of(conn, matcher)
            for a, b in zip(batch.ids[met.who].tolist(), met.row.tolist(), strict=True):
                one, other = sorted((here[a], here[b]), key=lambda row: str(row.sha256))
                if one.sha256 != other.sha256 and (said := image_words.compare(one.words, other.words, _BOTH)):
                    bits = float(capped(matcher.intrinsic[said.strength], matcher.modality))
                    found.append(item_row("media", one.sha256, other.sha256, matcher, said, bits, number))
            pairs.save_items(conn, context.generation, found)
            matching.set_mark(conn, FILES, newest)
            token = prints.name_of(conn, newest)
        index.append(batch, newest, token)
    return len(found)


def link(context: MatchContext, holders: Holders) -> int:
    """Match posts and pictures by words, whichever came first; return how many pairs that gave.

    `holders` gives the earliest posts of a file.
    """
    with context.database.read() as conn:
        newest = prints.newest(conn)
        if next(prints.worded(conn, 0, newest), None) is None:
            return 0
    with context.database.write() as conn:
        setting = match_setting.load(conn, context.settings.match.near_threshold)
        number = parameters_of(conn, ImageWords())
    with ExitStack() as stack, context.database.read() as conn:
        texts = stack.enter_context(Segments(context.index_folder / "text", setting.stamp))
        words = stack.enter_context(Segments(context.index_folder / "words", STAMP))
        _catch_up(conn, words, newest)
        met = _new(conn, texts, words, newest)
        rows = list(_pairs(conn, met, number, holders))
        last = matching.generation(conn)[0]
    with context.database.write() as conn:
        pairs.save_pairs(conn, context.generation, rows)
        matching.set_mark(conn, PICTURES, newest)
        matching.set_mark(conn, POSTS, last)
    return len(rows)


def _new(conn: Any, texts: Segments, words: Segments, newest: int) -> set[tuple[int, int]]:
    """Return which pictures and posts may share words where either, or that the post shows the picture, is new."""
    asked = {row.id: row.words for row in prints.worded(conn, matching.mark(conn, PICTURES), newest)}
    posts = match_posts.touched_since(conn, matching.mark(conn, POSTS))
    met: set[tuple[int, int]] = set()
    for start in range(0, len(posts), _LOT):
        lot = posts[start : start + _LOT]
        own = {row.id: joined(row.title, row.text) for row in match_posts.load_texts(conn, lot)}
        met |= {(number, post) for post, number in _meets(words, own)}
        urls = {
            m["url"] for row in prints.show(conn, lot) for m in row.media or [] if isinstance(m, dict) and m.get("url")
        }
        files = set(prints.files_of(conn, urls).values())
        asked |= {row.id: row.words for row in prints.worded(conn, 0, newest, files)}
    return met | _meets(texts, asked)


def _catch_up(conn: Any, index: Segments, upto: int) -> None:
    token = prints.name_of(conn, upto)
    if (index.generation, index.token) == (upto, token):
        return
    index.clear()
    if rows := {row.id: row.words for row in prints.worded(conn, 0, upto)}:
        index.append(_batch(rows), upto, token)


def _batch(texts: Mapping[int, str], first: int | None = None) -> Batch:
    """Return texts as the index takes them, under their numbers or from a row on that comes after all."""
    numbers = sorted(texts)
    signed = kernel.sign([texts[number] for number in numbers])
    ids = np.array(numbers, np.int64) if first is None else np.arange(first, first + len(numbers), dtype=np.int64)
    return Batch(ids, signed.starts, signed.keys)


def _meets(index: Segments, texts: Mapping[int, str]) -> set[tuple[int, int]]:
    """Return which texts meet which rows of an index of others."""
    if not texts or not index.posts:
        return set()
    numbers, first = sorted(texts), _LAST - len(texts)
    found = index.candidates(_batch(texts, first))
    both = zip(found.who.tolist(), found.row.tolist(), strict=True)
    return {(numbers[place], row) for place, row in both if row < first}


def _pairs(conn: Any, met: set[tuple[int, int]], parameters: int, holders: Holders) -> Iterator[PairRow]:
    """Yield the pairs of posts that show a picture with those that say its words, each two posts once."""
    matcher, common = ImageWords(), prints.common(conn)
    read = prints.some(conn, {number for number, _ in met})
    lights = {row.id: row for row in match_posts.load_texts(conn, sorted({post for _, post in met}))}
    seen: set[tuple[int, int]] = set()
    for number, post in sorted(met):
        if number not in read or post not in lights or read[number].sha256 in common:
            continue
        file, text = read[number].sha256, joined(lights[post].title, lights[post].text)
        said = image_words.compare(read[number].words, text, _ONE)
        showing = [other for other in holders(conn, file) if other != post][:FEW] if said else []
        for shown in match_posts.load_texts(conn, showing):
            pair = (min(shown.id, post), max(shown.id, post))
            if said is None or pair in seen:
                continue
            seen.add(pair)
            left, right = ordered(shown, lights[post])
            bits = float(capped(matcher.intrinsic[said.strength], matcher.modality))
            side = "left" if left is shown else "right"
            yield pair_row(left, right, matcher, said, bits, parameters, file=file, picture=side)
