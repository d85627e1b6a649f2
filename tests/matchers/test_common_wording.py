"""What many share who have nothing else in common is set aside, and a text that is copied is not."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from matchers import kernel, wording
from matchers.commons import Commons
from matchers.judged import EXCERPT, NEAR, Judged

CHANCE = random.Random(3)
WORDS = ["".join(CHANCE.choices("abcdefghijklmnoprstuvwz", k=CHANCE.randint(3, 9))) for _ in range(4000)]

SHARED = {
    "signature": "Sent from the reading room of the Lowmarsh Friends of the Harbour, all views are those of the writer",
    "share button": "I just read The Last Dredger of Lowmarsh and Other Stories and think you should too, via ReadBoat",
    "wire copy": (
        "The Alvane News Agency reported on Monday that the harbour committee had met behind closed doors and that no "
        "decision was expected before the end of the week, according to two people who were in the room."
    ),
    "quote": "We shall mend the dredger when the money is there, and the money will be there when the boats come back",
    "lyrics": "Oh the tide comes in and the tide goes out, and the girl from Alvane she sings and she shouts all day",
    "slogan": "Keep the harbour open, keep the boats afloat, keep Lowmarsh for those who live in it, vote on Sunday",
    "template": "Day twelve of the thirty day gratitude challenge, three things I am thankful for today, I tag you",
    "chinese": "低沼港之友协会在每个星期一早上于港口旧仓库举行公开会议欢迎所有居民参加并带来朋友",
}


def own(number: int, words: int = 30) -> str:
    """Return words that nobody else says."""
    return " ".join(random.Random(f"own {number}").choices(WORDS, k=words))


def judged(post: str, others: Sequence[str], accounts: Sequence[int] | None = None, **more: object) -> Judged:
    """Judge one post with its candidates; each is by another account where none are named."""
    texts = [post, *others]
    groups = wording.Groups(np.array([0]), np.array([0, len(others)]), np.arange(1, len(texts)))
    who = np.array(range(len(texts)) if accounts is None else accounts)
    return wording.judge(texts, groups, who, spans=True, **more)  # type: ignore[arg-type]


def chat(number: int, shared: str) -> str:
    """Return own words with the shared ones before, behind or among them."""
    words = own(number)
    if "低" in shared:
        words = "".join(chr(0x4E00 + random.Random(number).randrange(3000) + k * 7) for k in range(60))
    half = len(words) // 2
    return (f"{words} {shared}", f"{shared} {words}", f"{words[:half]} {shared} {words[half:]}")[number % 3]


@pytest.mark.parametrize("kind", SHARED)
def test_common_wording_is_told_once_and_makes_no_copy(kind: str) -> None:
    shared = SHARED[kind]
    found = judged(chat(0, shared), [chat(n, shared) for n in range(1, 13)])
    assert found.kind.astype(bool).tolist() == [True] + [False] * 11  # the oldest alone is told
    assert found.strength[0] == 3
    assert not found.joins.any()
    verdict = found.verdict(0)
    discount = verdict.detail["discount"]
    assert discount["score"] < 0.1
    assert discount["holders"] >= 10
    assert "several accounts" in discount["reason"]
    assert f" But {discount['letters']} letters of the text are common wording, which" in verdict.sentence
    begin, end = discount["spans"][0]
    assert kernel.sign([chat(0, shared)[begin:end]]).measures[0, 0] == discount["letters"]
    assert chat(0, shared)[begin:end].strip() in shared


@pytest.mark.parametrize("kind", SHARED)
def test_the_first_few_are_told_plainly(kind: str) -> None:
    found = judged(chat(0, SHARED[kind]), [chat(n, SHARED[kind]) for n in range(1, 6)])
    assert (found.kind > 0).all()
    assert not found.discount.any()


def test_a_copy_that_ends_in_a_signature_is_still_a_copy() -> None:
    shared = SHARED["signature"]
    post = f"{own(0)} {shared}"
    edited = post.replace(own(0).split()[3], "dredger")
    found = judged(post, [*(f"{own(n)} {shared}" for n in range(1, 11)), edited])
    assert found.kind[-1] == NEAR
    assert found.joins[-1]
    assert found.discount[-1] > 60
    assert found.score[-1] > 0.8
    assert not found.joins[:-1].any()


def test_a_campaign_copied_with_edits_by_hundreds_is_no_boilerplate() -> None:
    chance = random.Random(5)
    campaign = own(99, 40).split()

    def copy() -> str:
        return " ".join(chance.choice(WORDS) if chance.random() < 0.06 else word for word in campaign)

    copies = [copy() for _ in range(500)]
    for late in (30, 200, 499):
        found = judged(copies[late], copies[max(0, late - 32) : late])
        assert not found.discount.any()
        assert (found.kind == NEAR).mean() > 0.9
        assert found.joins[found.kind == NEAR].all()


def test_a_campaign_with_a_word_of_ones_own_is_no_boilerplate() -> None:
    campaign = own(99, 40)
    found = judged(f"{campaign} {own(0, 8)}", [f"{own(n, 8)} {campaign}" for n in range(1, 33)])
    assert found.joins.all()
    assert not found.discount.any()


def test_one_hand_that_repeats_itself_is_no_common_wording_for_others() -> None:
    shared = SHARED["slogan"]
    others = [f"{own(n)} {shared}" for n in range(1, 13)]
    found = judged(f"{own(0)} {shared}", others, [7, *[8] * 12])
    assert (found.kind == EXCERPT).all()  # two accounts with one slogan: worth knowing
    assert not found.discount.any()


def test_the_signature_of_an_account_is_set_aside_among_its_own_posts() -> None:
    shared = SHARED["signature"]
    others = [f"{own(n)} {shared}" for n in range(1, 14)]
    found = judged(f"{own(0)} {shared}", others, [7, *[7] * 12, 9])
    assert found.kind.astype(bool).tolist() == [True] + [False] * 11 + [True]
    assert found.verdict(0).strength == "C"
    assert "this account repeats" in found.verdict(0).sentence
    assert not found.discount[-1]


def test_copies_of_one_quoting_post_are_one_voice() -> None:
    shared = SHARED["quote"]
    others = [f"{own(1)} {shared} {own(n, 2)}" for n in range(1, 13)]
    assert not judged(f"{own(0)} {shared}", others).discount.any()


def test_a_phrase_a_person_called_common_is_set_aside_in_both() -> None:
    shared = SHARED["slogan"]
    left, right = f"{own(0)} {shared}", f"{shared} {own(1)}"
    assert judged(left, [right]).kind[0] == EXCERPT
    taught = Commons.of([shared.upper()])
    assert judged(left, [right], commons=taught).kind[0] == 0
    copy = judged(left, [left + " " + own(2, 3)], commons=taught)
    verdict = copy.verdict(0)
    assert verdict.score > 0.8
    assert "a phrase known to be common" in verdict.sentence
    assert verdict.detail["discount"]["letters"] == kernel.sign([shared]).measures[0, 0]
    assert np.isin(kernel.sign([f"{own(4)} {shared} {own(5)}"]).keys, taught.keys).sum() >= 5


def test_a_phrase_too_short_to_be_told_from_chance_is_named() -> None:
    assert Commons.of(["hello", SHARED["quote"]]).short == ("hello",)
    assert len(Commons.of(["hello"]).grams) == 0


def test_what_was_set_aside_is_set_aside_for_a_post_that_is_no_candidate() -> None:
    shared = SHARED["signature"]
    post, others = f"{own(0)} {shared}", [f"{own(n)} {shared}" for n in range(1, 11)]
    grams = judged(post, others).aside(0)
    assert len(grams)
    assert judged(post, [f"{own(20)} {shared}"]).kind[0]
    assert not judged(post, [f"{own(20)} {shared}"], aside=[grams]).kind[0]
