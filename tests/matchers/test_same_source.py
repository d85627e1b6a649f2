"""Versions of one text are told from copies, and from other texts on the same matter; invented sentences only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.records import Author, Post
from matchers import lexicon, rivals, same_source
from matchers.same_source import Measured, TextSameSource
from matchers.segments import Segments

VERSIONS = [
    ("The harbour office of Velmora has closed the eastern quay after cracks were found in two of its pillars.",
     "After cracks were found in two of the pillars, Velmora's harbour office has closed its eastern quay."),
    ("Eight geese flew six over the bakery of Mr Ostrander on Tuesday, and nobody could say from where.",
     "On Tuesday eight geese flew six above Mr Ostrander's bakery; nobody was able to say where from."),
    ("Farmers in the Tallow valley sold 1,340 tonnes of plums this summer, more than in any year before.",
     "This summer the Tallow valley's farmers have sold 1,340 tonnes of plums, more than ever in a year."),
    ("The new tram line from Corrin to Sablewood will open in March, the mayor told the council yesterday.",
     "Yesterday the mayor informed the council that in March the new Corrin to Sablewood tram will open."),
]  # fmt: skip
OTHERS = [
    "The town library lends umbrellas now, and readers bring them back dry, says the woman at the desk.",
    "A football match in Brinmoor ended after nine minutes because the only ball rolled into the canal.",
    "Two choirs sang the same song in different halls, and both believed that they had been alone.",
    "The price of candles rose again, so the theatre plays by daylight until the end of the season.",
]


def _found(texts: list[str], folder: Path, lot: int = 100) -> set[tuple[int, int]]:
    known, found = lexicon.Lexicon(1 << 16), set()
    with Segments(folder, "test") as index:
        for begin in range(0, len(texts), lot):
            rows = list(range(begin, min(begin + lot, len(texts))))
            spelled = lexicon.spell([texts[row] for row in rows])
            known.learn(spelled)
            batch = rivals.keyed(rows, spelled, known)
            index.append(batch, begin + 1, "token")
            search = rivals.Rivals(known, index, lambda ids: {row: texts[row] for row in ids})
            near = search.find(batch, spelled, {row: texts[row] for row in rows})
            found |= set(zip(near.one.tolist(), near.other.tolist(), strict=True))
    return found


@pytest.mark.parametrize("lot", [100, 4])
def test_versions_are_found_and_nothing_else(tmp_path: Path, lot: int) -> None:
    texts = [one for one, _ in VERSIONS] + OTHERS + [other for _, other in VERSIONS]
    assert _found(texts, tmp_path, lot) == {(n, n + 8) for n in range(4)}


def test_rare_wording_both_share_is_named() -> None:
    known = lexicon.Lexicon(1 << 16)
    known.learn(lexicon.spell([*OTHERS, *(text for pair in VERSIONS for text in pair)]))
    rare, told = same_source.rare_wording(*VERSIONS[1], known)
    assert "eight geese flew six" in rare
    assert told > 20


def test_a_verdict_says_no_more_than_it_knows() -> None:
    one, other = (
        Post(platform="tumblr", native_id=str(n), text=text, author=Author(native_id="same"))
        for n, text in enumerate(VERSIONS[1])
    )
    verdict = TextSameSource().compare(one, other)
    assert verdict
    assert verdict.strength in "BC"
    assert "compatible with" in verdict.sentence
    assert "Both are by the same account." in verdict.sentence
    assert 0 < same_source.bits(verdict) <= same_source.MOST_BITS
    assert TextSameSource().compare(one, one) is None
    assert TextSameSource().compare(one, Post(platform="tumblr", native_id="9", text=OTHERS[0])) is None
    assert TextSameSource().keys(one)


def test_a_closer_rival_speaks_against_a_pair_and_numbers_that_differ_do() -> None:
    def odds(rival: float, numbers: tuple[float, float, float]) -> float:
        size, next_best = np.array([80.0]), np.array([rival])
        agreed, share = np.array([numbers]), np.array([0.9])
        return float(Measured(np.array([0.45]), size, size, next_best, next_best, agreed, share).odds()[0])

    assert odds(0.1, (0, 0, 0)) > odds(0.4, (0, 0, 0)) > odds(0.44, (0, 0, 0))
    assert odds(0.1, (1, 0, 0)) > odds(0.1, (0, 0, 0)) > odds(0.1, (0, 1, 0))
    spelled = lexicon.spell(["٣ and 007 and 3", "3, 7", "3 and 8", "none", "4 of 5"])
    one, other = np.array([0, 0, 0, 0, 3]), np.array([1, 2, 3, 4, 3])
    found = lexicon.agreements(spelled, one, other).tolist()
    assert found == [[1, 0, 0], [1 / 3, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_what_two_texts_share_is_theirs_alone_where_nothing_else_comes_near() -> None:
    one, other = np.array([0, 1]), np.array([2, 2])
    (alone,) = same_source.shares(one[:1], other[:1], np.array([3.0]), 3)
    both = same_source.shares(one, other, np.array([3.0, 3.0]), 3)
    better = same_source.shares(one, other, np.array([3.0, 0.0]), 3)
    assert alone > 0.9
    assert both == pytest.approx([both[0], both[0]])
    assert both[0] < same_source.SHARE < alone
    assert alone > better[0] > 0.8 > 0.3 > better[1]
    assert same_source.shares(one[:1], other[:1], np.array([-9.0]), 3)[0] < 0.1


@pytest.mark.parametrize(
    "pair",
    [
        ("a" * 500, "a" * 400),
        ("ab" * 300, "ab" * 200 + "ba" * 40),
        ("buy now " * 200, "now buy " * 190),
        ("ha " * 90,) * 2,
    ],
)
def test_repetition_is_no_text(pair: tuple[str, str], tmp_path: Path) -> None:
    assert _found([*pair, *OTHERS], tmp_path) == set()
    one, other = (Post(platform="x", native_id=str(n), text=text) for n, text in enumerate(pair))
    assert TextSameSource().compare(one, other) is None


def test_a_larger_archive_and_a_short_text_ask_for_more() -> None:
    size, rival = np.array([80.0]), np.array([0.3])
    cosine, nothing, some = np.array([0.6]), np.zeros((1, 3)), np.array([0.5])
    measured = Measured(cosine, size, size, rival, rival, nothing, some)
    assert measured.standing(1_000)[0] >= 0 > measured.standing(10_000_000)[0]
    tiny = Measured(cosine, size / 10, size, rival, rival, nothing, some)
    assert np.isneginf(tiny.standing(1_000)[0])
    assert same_source.more_asked(1) == same_source.more_asked(1_500) == 0 < same_source.more_asked(15_000)
    known = lexicon.Lexicon(1 << 16)
    short, long = VERSIONS[1], tuple(" ".join(version) for version in zip(*VERSIONS[1:3], strict=True))
    for texts in (short, long):
        spelled = lexicon.spell(texts)
        known.learn(spelled)
        figures = Measured(
            np.array([0.7]), spelled.sizes[:1], spelled.sizes[1:], np.zeros(1), np.zeros(1), nothing, some
        )
        assert same_source.verdict(figures, 0, texts, known).strength == "C"


@pytest.mark.parametrize(
    "text",
    ["", "a", "\U0001f6a2" * 40, "a" * 100_000, "\udcff\udc00 x", "a\u0301" * 20_000, "中" * 5_000, "\u202eabc def"],
)
def test_odd_texts_are_spelled_weighed_and_found_by_something_bounded(text: str) -> None:
    known = lexicon.Lexicon(1 << 12)
    spelled = lexicon.spell([text, "plain words"])
    known.learn(spelled)
    keys, starts = known.keys(spelled)
    assert len(keys) == starts[-1] <= 2 * 78
    cosines = lexicon.cosines(known.vectors(spelled), np.array([0, 1]), np.array([1, 1]))
    assert 0 <= cosines[0] <= 1.001
    assert cosines[1] == pytest.approx(1, abs=1e-3)


def test_words_are_parted_by_what_is_no_accent() -> None:
    spelled = lexicon.spell(["Don\u2019t stop, it's cafe\u0301! http://a.example/b @bob 10.5"])
    assert "".join(map(chr, spelled.seq.tolist())) == " do not stop its cafe 10 5 "


def test_the_table_is_read_back_or_made_anew(tmp_path: Path) -> None:
    known = lexicon.Lexicon()
    known.learn(lexicon.spell(OTHERS))
    known.save(tmp_path / "lexicon")
    back = lexicon.Lexicon.load(tmp_path / "lexicon")
    assert back is not None
    assert (back.posts, back.counts.tolist()) == (known.posts, known.counts.tolist())
    assert known.holders(["umbrellas", "Umbrellas", "nowhere"]).tolist() == [1, 1, 0]
    (tmp_path / "lexicon").write_bytes(b"copytrail lexicon 1\n")
    assert lexicon.Lexicon.load(tmp_path / "lexicon") is None
    assert lexicon.Lexicon.load(tmp_path / "none") is None
