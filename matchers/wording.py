"""Judge the wording of two posts by what the kernel counted: the verdicts of text.exact and text.near."""

from __future__ import annotations

from core.records import Post
from matchers import kernel
from matchers.base import Strength, Verdict
from matchers.kernel import Compared

NEAR = 0.4  # part of the character grams that must be the same; chosen on benchmarks/match_text.py: one word in five
# may be exchanged, and a text that shares a third of its wording stays out
LONG = 200  # kernel weights: forty words, or 67 letters of a dense script; a text that long is near-unique
DISTINCT = 12  # different grams a text must have: "ha ha ha" is no text, however long
ALMOST = 0.9

SAME_ACCOUNT = " Both are by the same account."


def words_of(post: Post) -> str:
    """Return the text two posts are compared by: the title, where there is one, and the text below it."""
    return joined(post.title, post.text)


def joined(title: str | None, text: str | None) -> str:
    """Return title and text as one text."""
    return f"{title}\n{text}" if title and text else title or text or ""


def exact(compared: Compared, pair: int, by_same: bool) -> Verdict | None:
    """Return that two texts are the same, or None where they differ or are too short."""
    if not compared.same[pair] or compared.left[pair] < DISTINCT or _weight(compared, pair) < kernel.ENOUGH:
        return None
    letters, words, dense = (int(n) for n in compared.left_measures[pair])
    strength: Strength = "A" if _weight(compared, pair) >= LONG else "B"
    amount = f"{letters} letters" if dense * 2 > letters else f"{words} words, {letters} letters"
    sentence = (
        f"The texts of these two posts are the same once case, accents, punctuation and links are set aside ({amount})."
    )
    detail = {
        "jaccard": 1.0, "containment": 1.0, "letters": letters, "words": words, "longest_run": letters,
        "spans": compared.spans_of(pair), "same_account": by_same,
    }  # fmt: skip
    return Verdict(1.0, strength, sentence + (SAME_ACCOUNT if by_same else ""), detail)


def near(compared: Compared, pair: int, by_same: bool, threshold: float) -> Verdict | None:
    """Return that two texts are nearly the same, or None; where they are the same, `exact` says so."""
    left, right, shared = int(compared.left[pair]), int(compared.right[pair]), int(compared.shared[pair])
    weight = _weight(compared, pair)
    if compared.same[pair] or min(left, right) < DISTINCT or weight < kernel.ENOUGH:
        return None
    total = left + right - shared
    score = shared / total
    if score < threshold:
        return None
    containment = shared / min(left, right)
    strength: Strength = "A" if score >= ALMOST and weight >= LONG else "B"
    run = int(compared.longest[pair])
    sentence = (
        f"{int(100 * score)} % of the character sequences of these two posts are the same ({shared} of {total}); "
        f"{int(100 * containment)} % of the shorter one stands in the other, the longest stretch is {run} letters."
    )
    detail = {
        "jaccard": round(score, 4), "containment": round(containment, 4), "shared": shared, "of": total,
        "longest_run": run, "spans": compared.spans_of(pair), "same_account": by_same,
    }  # fmt: skip
    return Verdict(round(score, 4), strength, sentence + (SAME_ACCOUNT if by_same else ""), detail)


def _weight(compared: Compared, pair: int) -> int:
    """Return how much text the shorter of the two has, on the kernel's scale (60 is enough to compare)."""
    sides = (compared.left_measures[pair], compared.right_measures[pair])
    return min(int(m[1]) * kernel.WORD_WEIGHT + int(m[2]) * kernel.DENSE_WEIGHT for m in sides)
