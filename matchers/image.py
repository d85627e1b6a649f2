"""Whether two pictures show the same: one is a copy of the other, or one holds a part of the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Post
from matchers import pdq
from matchers import picture_colours as colours
from matchers import picture_maps as maps
from matchers.base import Matcher, Strength, Verdict
from matchers.features import UNIT
from matchers.pictures import SAMPLES, PicturePrint

Array = NDArray[Any]
_Over = tuple[PicturePrint, Array, PicturePrint, Array, Array]  # two pictures, their sizes, the map between them

PLACES = 8  # distinct places that must fit one map; unrelated pictures reach 5
BLOCKS = 8  # blocks with something to compare
AGREE = 0.7  # part of them that must show the same; screens of one app reach 0.6
AGREE_BESIDE = 0.8  # of those left where a quarter is set aside, for words laid over the picture
PLAIN = 0.55  # part of the blocks; where fewer are lively it is lettering or a drawing on plain ground: more must fit
PLAIN_PLACES, PLAIN_AGREE, PLAIN_HELD = 14, 0.85, 0.3
HELD = 0.2  # part of one picture's places found again where the map says, by descriptions no further apart than:
HELD_BITS, HELD_OFF = 64, 6.0  # bits, and pixels
CLEAR = 0.82  # correlation line by line, and the part of blocks that must reach it: most cards of one maker do not
CLEAR_PART = 0.7
FEW, FEW_PART = 24, 0.9  # with fewer blocks on plain ground nearly all must: at 0.7 some charts in one frame passed
LEAST, SURE_PART, RICH = 5, 0.95, 160  # five places are enough where nearly all blocks of pictures rich in them agree
BESIDE = ("", "the upper quarter", "the lower quarter")
NEAR = 16  # bits from which on what the hashes say is looked at again
COVER = 0.35  # part of one picture that must lie in the other
BLOCKS_IN_ALL = 64
SURE_PLACES, SURE_AGREE = 16, 0.9  # from which a part is near-unique
ROUND = 0.08  # by which a map may differ from a plain shift and scale before it is told as turned


class _Image(Matcher):
    modality: ClassVar[Literal["picture"]] = "picture"
    reads: ClassVar = ()  # pictures are matched by their files, not by posts

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return nothing: files are looked up in the index of pictures."""
        return ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return nothing: `image.compare` compares what was read of two files."""
        return None


class ImageSame(_Image):
    """The same picture: at most 31 of 256 bits of its hash (PDQ) differ, turned, mirrored or without its bars."""

    id = "image.same"
    version = "2"
    title = "The same picture"
    parameters: ClassVar[Mapping[str, Any]] = {
        "hash": "pdq",
        "distance": pdq.DISTANCE,
        "quality": pdq.QUALITY,
        "looked_at_again": NEAR,
        "other_colours": colours.OTHER,
    }
    intrinsic: ClassVar[float] = 18.0


class ImagePart(_Image):
    """Part of the same picture: places of one fit the other (ORB), and what lies over one another agrees."""

    id = "image.part"
    version = "2"
    title = "Part of the same picture"
    parameters: ClassVar[Mapping[str, Any]] = {
        "places": PLACES, "blocks": BLOCKS, "agree": AGREE, "agree_beside": AGREE_BESIDE, "cover": COVER, "held": HELD,
        "clear": CLEAR, "clear_part": CLEAR_PART, "other_colours": colours.OTHER,
    }  # fmt: skip
    intrinsic: ClassVar[float] = 14.0


def compare(left: PicturePrint, right: PicturePrint) -> Verdict | None:
    """Return what two pictures have in common, or None; `detail["matcher"]` names the matcher that says so."""
    return same(left, right) or part(left, right)


def same(left: PicturePrint, right: PicturePrint) -> Verdict | None:
    """Return that two pictures are copies of one another by their hashes."""
    best: tuple[int, int, int, int, int] | None = None
    for i, a in enumerate(left.regions):
        for j, b in enumerate(right.regions):
            if min(a.quality, b.quality) < pdq.QUALITY:
                continue
            gaps = np.bitwise_count(a.turns[0] ^ b.turns).sum(axis=1)
            turn = int(gaps.argmin())
            found = (int(gaps[turn]), i + j, i, j, turn)
            best = min(best, found) if best else found
    if best is None or best[0] > pdq.DISTANCE:
        return None
    gap, _, i, j, turn = best
    m = maps.turned(left.regions[i].box, right.regions[j].box, turn)
    if gap > NEAR and not _borne_out(left, right, m):
        return None
    size = np.array([SAMPLES, SAMPLES], np.float64)
    rest = _unexplained((left, size, right, size, m))
    if rest is not None and rest >= colours.OTHER:
        return None
    told = [pdq.TURNS[turn]] if turn else []
    if i or j:
        told.append("both without bars along their sides" if i and j else "without bars along its sides")
    sentence = (
        f"Both show the same picture{', ' + ', '.join(told) if told else ''}: {gap} of 256 bits of its hash differ."
    )
    detail = {
        "matcher": ImageSame.id, "hash": "pdq", "distance": gap, "turn": pdq.TURNS[turn],
        "stripped": "both" if i and j else "left" if i else "right" if j else "none", "other_colours": rest,
        "quality": [left.quality, right.quality], "sizes": [[left.width, left.height], [right.width, right.height]],
    }  # fmt: skip
    return Verdict(round(1 - gap / 128, 3), "A", sentence, detail)


class _Lain(NamedTuple):
    places: int
    cover: float
    blocks: int
    agree: float
    beside: str
    map: Array
    of: str
    other_colours: float | None


def part(left: PicturePrint, right: PicturePrint) -> Verdict | None:
    """Return that part of one picture is in the other: a crop, a screenshot, a caption added."""
    lain = _lay(left, right)
    if lain is None:
        return None
    scale = float(np.sqrt(abs(lain.map[0] * lain.map[4] - lain.map[1] * lain.map[3])))
    agree, cover = round(100 * lain.agree), round(100 * lain.cover)
    beside = f", {lain.beside} set aside" if lain.beside else ""
    sentence = (
        f"{cover} % of the {lain.of} picture is seen in the other: {lain.places} places fit, and of {lain.blocks} "
        f"parts laid over one another {agree} % agree{beside}."
    )
    strength: Strength = "A" if lain.places >= SURE_PLACES and lain.agree >= SURE_AGREE else "B"
    detail = {
        "matcher": ImagePart.id, "places": lain.places, "cover": round(lain.cover, 3), "of": lain.of,
        "blocks": lain.blocks, "agree": round(lain.agree, 3), "set_aside": lain.beside or None,
        "scale": round(scale, 3), "turned": bool(max(abs(lain.map[1]), abs(lain.map[3])) > ROUND * scale),
        "map": [round(float(v), 4) for v in lain.map], "other_colours": lain.other_colours,
        "sizes": [[left.width, left.height], [right.width, right.height]],
    }  # fmt: skip
    return Verdict(round(lain.agree * min(lain.cover, 1.0), 3), strength, sentence, detail)


def _lay(left: PicturePrint, right: PicturePrint) -> _Lain | None:
    from matchers.kernel import blocks as laid
    from matchers.kernel import overlay

    if min(len(left.places), len(right.places)) < PLACES:
        return None
    pairs = overlay.pairs(left.marks.view(np.uint64), right.marks.view(np.uint64))
    if len(pairs) < LEAST:
        return None
    p, q = left.places[pairs[:, 0]] / UNIT, right.places[pairs[:, 1]] / UNIT
    places, there = overlay.fit(p, q)
    if places < LEAST or not maps.sound(there):
        return None
    there = maps.level(p, q, there)
    a, b = np.array(left.size, np.float64), np.array(right.size, np.float64)
    back = maps.inverse(there)
    rough = [_rough(picture.samples) for picture in (left, right)]
    ways = (
        ("left", (left, a, right, b, there), laid.agree(rough[0], a, rough[1], b, there)),
        ("right", (right, b, left, a, back), laid.agree(rough[1], b, rough[0], a, back)),
    )
    of, over, table = max(ways, key=lambda way: float(way[2][0, 0]))
    rich = min(len(left.places), len(right.places)) >= RICH and there[1] == 0 == there[3]  # stripes agree with stripes
    fine: Array | None = None
    for (cover, blocks, agreeing), beside, least in zip(
        table, BESIDE, (AGREE, AGREE_BESIDE, AGREE_BESIDE), strict=True
    ):
        plain = blocks < PLAIN * cover * BLOCKS_IN_ALL
        if plain:
            least = PLAIN_AGREE
        if cover < COVER or blocks < BLOCKS or agreeing < least * blocks:
            continue
        fine = _fine(over) if fine is None else fine
        told = _told(fine, beside)
        few = plain and len(told) < FEW
        if plain and beside and len(told) < 2 * BLOCKS:  # the frame of a chart, without what it shows
            continue
        if len(told) < BLOCKS or (told >= CLEAR).mean() < (FEW_PART if few else CLEAR_PART):
            continue
        sure = rich and len(told) >= FEW and (told >= CLEAR).mean() >= SURE_PART and agreeing >= SURE_PART * blocks
        if not sure and places < (PLAIN_PLACES if plain else PLACES):
            continue
        if not sure and max(_held(left, right, there), _held(right, left, back)) < (PLAIN_HELD if plain else HELD):
            continue
        rest = _unexplained(over, beside)
        if rest is None or rest < colours.OTHER:
            return _Lain(int(places), float(cover), int(blocks), float(agreeing / blocks), beside, there, of, rest)
    return None


def _borne_out(left: PicturePrint, right: PicturePrint, m: Array) -> bool:
    """Return whether two pictures agree line by line where their hashes are only just alike, as cards of one maker are.

    Where there is too little to compare the hashes are believed; a slight crop is told by its places.
    """
    size = np.array([SAMPLES, SAMPLES], np.float64)
    fine = _fine((left, size, right, size, m))
    told = fine[fine > -2]
    least = FEW_PART if len(told) < FEW else CLEAR_PART
    return len(told) < BLOCKS or (told >= CLEAR).mean() >= least or part(left, right) is not None


def _unexplained(over: _Over, beside: str = "") -> float | None:
    """Return in which part of what lies over one another the colours are others; None where that is not known.

    Where pictures differ line by line something was laid over one of them, and its colours say nothing.
    """
    one, size, other, other_size, m = over
    if one.chroma is None or other.chroma is None:
        return None
    a, b = colours.Seen(one.chroma, one.samples, size), colours.Seen(other.chroma, other.samples, other_size)
    rest = colours.unexplained(a, b, m)
    if rest is not None and rest >= colours.OTHER:
        fine = _fine(over)
        aside = (fine > -2) & (fine < CLEAR)
        quarter = len(fine) // 4
        aside[:quarter] |= beside == BESIDE[1]
        aside[-quarter:] |= beside == BESIDE[2]
        rest = colours.unexplained(a, b, m, aside)
    return None if rest is None else round(rest, 3)


def _fine(over: _Over) -> Array:
    from matchers.kernel import blocks as laid

    one, size, other, other_size, m = over
    return np.asarray(laid.fine(one.samples, size, other.samples, other_size, m))


def _rough(samples: Array) -> Array:
    shades: Array = samples.reshape(64, 2, 64, 2).mean(axis=(1, 3)).round().astype(np.uint8)
    return shades


def _told(fine: Array, beside: str) -> Array:
    """Return how the blocks that say something correlate, leaving out what was set aside."""
    aside = len(fine) // 4
    blocks = fine[aside:] if beside == BESIDE[1] else fine[:-aside] if beside == BESIDE[2] else fine
    return np.asarray(blocks[blocks > -2])


def _held(left: PicturePrint, right: PicturePrint, m: Array) -> float:
    """Return which part of the places of left that should be seen in right are there."""
    p, q = left.places / UNIT, right.places / UNIT
    moved = p @ np.array([[m[0], m[3]], [m[1], m[4]]]) + [m[2], m[5]]
    inside = ((moved >= HELD_OFF) & (moved < np.array(right.size) - HELD_OFF)).all(axis=1)
    moved, marks = moved[inside], left.marks[inside]
    off = HELD_OFF * max(1.0, float(np.sqrt(abs(m[0] * m[4] - m[1] * m[3]))))
    i, j = np.nonzero(((moved[:, None] - q[None]) ** 2).sum(axis=2) <= off * off)
    alike = np.bitwise_count(marks[i] ^ right.marks[j]).sum(axis=1) <= HELD_BITS
    return len(np.unique(i[alike])) / max(len(moved), 1)
