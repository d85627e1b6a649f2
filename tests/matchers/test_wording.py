"""The numbers of judging are those of a plain count, its stretches stand in both texts, and both forms say the same."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records import Author, Post
from matchers import kernel, wording
from matchers.excerpt import TextExcerpt
from matchers.fold import DENSE, fold
from matchers.judged import KINDS, Judged
from matchers.near_text import TextNear

PIECES = (
    "low", "marsh", "harbour", "港", "口", "は", "ไม่", "пристань", "①", "ﷺ", "https://x.example", "@you", "🚢",
    "e\u0301", "각", "committee", "dredger", "שלום", "مرحبا", "\ud800",
)  # fmt: skip
WORDY = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
ARTICLE = (
    "The committee met on Monday in the old customs house of Lowmarsh, and it rained all morning. Nobody had expected "
    "the treasurer to come, as she had been ill since the spring. When she stood up she said that the dredger had been "
    "paid for twice, once by the town and once by the friends of the harbour, and that she could show the letters. Two "
    "members left the room at once. The chairman asked for a break of ten minutes, which lasted until the evening."
)
QUOTED = "the dredger had been paid for twice, once by the town and once by the friends of the harbour"


def grams(text: str) -> set[tuple[int, ...]]:
    letters = fold(text).letters
    found = set()
    for i, letter in enumerate(letters):
        size = kernel.DENSE_SHINGLE if letter & DENSE else kernel.SHINGLE
        if i + 1 >= size:
            found.add(tuple(letters[i + 1 - size : i + 1]))
    return found


def judge(texts: list[str], spans: bool = True) -> Judged:
    groups = wording.Groups(np.array([0]), np.array([0, len(texts) - 1]), np.arange(1, len(texts)))
    return wording.judge(texts, groups, np.arange(len(texts)), spans=spans)


def post(text: str, who: str = "1", title: str | None = None) -> Post:
    return Post(platform="x", native_id=who, title=title, text=text, author=Author(native_id=who))


@given(WORDY, WORDY)
@settings(max_examples=150, deadline=None)
def test_grams_are_counted_as_sets_of_grams(a: str, b: str) -> None:
    found = judge([a, b])
    if found.right[0] < 0:  # nothing that could be near
        assert len(grams(a) & grams(b)) <= 0.5 * max(1, len(grams(a) | grams(b)))
        return
    shared, left, right = len(grams(a) & grams(b)), len(grams(a)), len(grams(b))
    assert (found.shared[0], found.left[0], found.right[0]) == (shared, left, right)
    assert bool(found.same[0]) == (fold(a).letters == fold(b).letters)


@given(st.lists(WORDY, min_size=2, max_size=6))
@settings(max_examples=100, deadline=None)
def test_stretches_hold_the_same_letters_and_both_forms_say_the_same(texts: list[str]) -> None:
    found, bare = judge(texts), judge(texts, spans=False)
    for name in ("kind", "strength", "score", "joins", "shared", "left", "right", "longest", "stretch", "discount"):
        assert getattr(found, name).tolist() == getattr(bare, name).tolist()
    for pair, kind in enumerate(found.kind.tolist()):
        other = texts[pair + 1]
        for a, b, c, d in found.spans(pair):
            assert 0 <= a < b <= len(texts[0])
            assert 0 <= c < d <= len(other)
        if kind:
            for swapped in (False, True):
                verdict = found.verdict(pair, swapped)
                assert verdict.score == round(float(found.score[pair]), 4)
                assert all(0 <= part <= 1 for part in (verdict.score, verdict.detail["containment"]))


def test_a_quote_is_found_with_its_place_in_both() -> None:
    quoting = (
        f"Read this! «{QUOTED.upper()}», says somebody who ought to know. I have nothing to add, it speaks for itself."
    )
    left, right = post(ARTICLE, title="Harbour"), post(quoting, "2")
    verdict = TextExcerpt().compare(left, right)
    assert verdict
    assert TextNear().compare(left, right) is None
    assert verdict.strength == "B"
    assert verdict.sentence.startswith("19 words (73 letters) stand in both posts. That is ")
    [[begin, end, other, other_end]] = verdict.detail["spans"]
    assert f"Harbour\n{ARTICLE}"[begin:end] == QUOTED
    assert quoting[other:other_end] == QUOTED.upper()
    assert verdict.detail["left_in_right"] < verdict.detail["right_in_left"] == verdict.detail["containment"]
    turned = TextExcerpt().compare(right, left)
    assert turned
    assert turned.detail["right_in_left"] == verdict.detail["left_in_right"]


def test_small_changes_do_not_cut_a_stretch() -> None:
    changed = QUOTED.replace("paid for twice", "paid by twice").replace("the friends", "friends")
    verdict = TextExcerpt().compare(
        post(ARTICLE), post(f"Who would have thought it of them all: {changed}! Shame.", "2")
    )
    assert verdict
    assert len(verdict.detail["spans"]) == 3


def test_an_excerpt_in_chinese_needs_twenty_letters() -> None:
    stretch = "市政府和港口之友各付了一次挖泥船的钱而且她可以出示信件"
    longer = (
        "昨天下午我和朋友们一起去了海边的小咖啡馆看书聊天"
        + stretch
        + "然后我们坐着公共汽车慢慢回到了城里的家中休息睡觉"
    )
    other = "听说了吗大家都在谈论这件奇怪的事情" + stretch + "真是让人不敢相信自己的耳朵"
    verdict = TextExcerpt().compare(post(longer), post(other, "2"))
    assert verdict
    assert verdict.sentence.startswith("27 letters stand in both posts")
    short = stretch[:17]
    assert TextExcerpt().compare(post(longer.replace(stretch, short)), post(other.replace(stretch, short), "2")) is None


def test_a_share_is_never_rounded_up() -> None:
    text = " ".join(f"word{n}" for n in range(400))
    verdict = TextNear().compare(post(text), post(text + " x", "2"))
    assert verdict
    assert verdict.sentence.startswith("99 % of the character sequences")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a" * 1_000_000, "a" * 999_999),
        ("ab" * 500_000, "ba" * 500_000),
        ("港" * 300_000, "港口" * 150_000),
        ("e" + "\u0301" * 400_000, "e" + "\u0300" * 400_000),
        (" ".join(f"{n:x}" for n in range(150_000)), " ".join(f"{n:x}" for n in range(150_000, 0, -1))),
        ("\u202eمرحبا بالعالم " * 40_000, "مرحبا يا عالم " * 40_000),
        ("the tide comes in and the tide goes out " * 20_000, "the tide goes out and the tide comes in " * 20_000),
    ],
)
def test_odd_and_huge_texts_are_judged(left: str, right: str) -> None:
    found = judge([left, right])
    if found.kind[0]:
        assert len(found.verdict(0).detail["spans"]) <= 64


def test_a_post_without_candidates_and_no_posts_at_all() -> None:
    nothing = np.zeros(0, np.int64)
    none = wording.judge([], wording.Groups(nothing, np.zeros(1, np.int64), nothing), nothing)
    assert len(none.kind) == 0
    alone = wording.judge(["a"], wording.Groups(np.array([0]), np.array([0, 0]), nothing), np.array([1]), spans=True)
    assert len(alone.kind) == 0
    assert len(alone.aside(0)) == 0


def test_many_groups_at_once_say_what_each_says_alone() -> None:
    chance = random.Random(1)
    words = ARTICLE.split()
    texts = [f"{n} other {n} words {n}: " + " ".join(words[n % 30 : n % 30 + chance.randint(5, 60)]) for n in range(40)]
    texts += [ARTICLE, QUOTED]
    posts = np.arange(20, 42)
    others = [np.array(sorted(chance.sample(range(int(p)), 12))) for p in posts]
    firsts = np.arange(0, 12 * 23, 12)
    accounts = np.arange(42)
    at_once = wording.judge(texts, wording.Groups(posts, firsts, np.concatenate(others)), accounts, spans=True)
    for n, p in enumerate(posts):
        alone = wording.judge(texts, wording.Groups(np.array([p]), np.array([0, 12]), others[n]), accounts, spans=True)
        for k in range(12):
            assert at_once.kind[12 * n + k] == alone.kind[k]
            if alone.kind[k]:
                assert at_once.verdict(12 * n + k) == alone.verdict(k)
    assert {KINDS[k] for k in at_once.kind} >= {"text.near", "text.excerpt"}


def test_near_pairs_kept_below_the_usual_threshold_hide_no_excerpt() -> None:
    words = ARTICLE.split()
    left, right = " ".join(words[:44]), " ".join([*words[22:44], *words[60:80]])
    kinds = set()
    for near in (0.2, 0.3, 0.35):
        found = wording.judge([left, right], wording.Groups.of([(0, 1)]), np.array([1, 2]), near=near)
        assert 0.2 < found.jaccard(0) < 0.35
        kinds.add(int(found.kind[0]))
    assert [KINDS[kind] for kind in kinds] == ["text.excerpt"]
