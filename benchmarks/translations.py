"""Other wordings of one text, and translations: recall and precision on labelled sets, with plain measures beside.

usage: python -m benchmarks.translations --data FOLDER [--encoder FOLDER] [--pairs 91] [--only wmt tatoeba ...]

FOLDER holds wmt22-zh-en, laser-tatoeba, meta-threat-research, neardup-tweets. What is counted:

wmt: twelve engines and two people translated the same 750 Chinese lines. Of each two an archive of 1,500 posts is made;
pairs reported of posts of different translators are right where both are of one line; recall is over all lines. Mean
and worst of the pairs of translators. Constants were fitted on the even lines, so the odd ones are told apart: they
count. "first": the closest text of the other translator is the right one, both ways, ranked by the share of likeness;
"or its words": one translator gave two lines the same words ("Can you follow up?"), and either is right. Beside it:
TF-IDF of sequences of three to five characters, at the threshold that is best for each two translators, and Levenshtein
ratio over 0.693 on a few, for its cost.
empty: odd lines of one translator and even lines of another: whatever is reported is wrong.
tweets: distinct short texts without labels, so only how many pairs are reported that are no near copies.
headlines, tatoeba: pairs of languages, matched by what survives translation alone, and with an encoder if one is named.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import Post
from matchers import lexicon, rivals, same_source
from matchers.segments import Segments
from matchers.translated import TextTranslated

Array = NDArray[Any]
LOT = 4_000
SHARP = 0.03  # of cosine: chosen on the even lines


def found(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of texts that text.same_source reports, by their places."""
    return scored(texts)[0]


def scored(
    texts: Sequence[str], strengths: list[str] | None = None
) -> tuple[list[tuple[int, int]], list[float]]:  # fmt: skip
    """Return the pairs of texts that text.same_source reports, by their places, and how far each is over what is asked.

    Where a list is given, the strength of each goes into it.
    """
    known = lexicon.Lexicon()
    pairs: list[tuple[int, int]] = []
    odds: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Segments(Path(folder), "benchmark") as index:
        for begin in range(0, len(texts), LOT):
            rows = list(range(begin, min(begin + LOT, len(texts))))
            spelled = lexicon.spell([texts[row] for row in rows])
            known.learn(spelled)
            batch = rivals.keyed(rows, spelled, known)
            index.append(batch, begin + 1, "token")
            search = rivals.Rivals(known, index, lambda ids: {row: texts[row] for row in ids})
            near = search.find(batch, spelled, {row: texts[row] for row in rows})
            pairs += list(zip(near.one.tolist(), near.other.tolist(), strict=True))
            odds += near.measured.standing(known.posts).tolist()
            for n, (one, other) in enumerate(zip(near.one.tolist(), near.other.tolist(), strict=True)):
                if strengths is not None:
                    said = same_source.verdict(near.measured, n, (texts[one], texts[other]), known)
                    strengths.append(said.strength)
    return pairs, odds


def ranked(left: Sequence[str], right: Sequence[str], least: float = 0.95) -> float:
    """Return the recall at the lowest odds at which so many of the pairs of an archive of two translators are right."""
    usual, n = (same_source.SHARE, same_source.SURE), len(left)
    same_source.SHARE, same_source.SURE = 0.1, -3.0
    pairs, odds = scored([*left, *right])
    same_source.SHARE, same_source.SURE = usual
    across = np.array([i < n <= j for i, j in pairs])
    order = np.argsort(-np.array(odds)[across], kind="stable")
    good = np.array([j == i + n for i, j in pairs])[across][order]
    precise = np.flatnonzero(np.cumsum(good) / np.arange(1, len(good) + 1) >= least)
    return float(good[: precise[-1] + 1].sum() / n) if len(precise) else 0.0


def ours(left: Sequence[str], right: Sequence[str]) -> Array:
    """Return the cosines of all texts of one translator with all of another, in one archive of both."""
    texts, n = [*left, *right], len(left)
    known, spelled = lexicon.Lexicon(), lexicon.spell(texts)
    known.learn(spelled)
    vectors = known.vectors(spelled)
    a, b = np.divmod(np.arange(n * len(right)), len(right))
    return lexicon.cosines(vectors, a, b + n).reshape(n, len(right))


def plain(left: Sequence[str], right: Sequence[str]) -> Array:
    """Return TF-IDF cosines of sequences of three to five characters, as the usual libraries count them."""
    vocabulary: dict[str, int] = {}
    rows = []
    for text in [*left, *right]:
        whole = " ".join(text.lower().split())
        counts: dict[int, int] = {}
        for n in (3, 4, 5):
            for i in range(len(whole) - n + 1):
                word = vocabulary.setdefault(whole[i : i + n], len(vocabulary))
                counts[word] = counts.get(word, 0) + 1
        rows.append(counts)
    held = np.zeros(len(vocabulary))
    for counts in rows:
        held[list(counts)] += 1
    idf = np.log((1 + len(rows)) / (1 + held)) + 1
    table = np.zeros((len(rows), len(vocabulary)), np.float32)
    for row, counts in zip(table, rows, strict=True):
        places = list(counts)
        row[places] = np.fromiter(counts.values(), float) * idf[places]
        row /= max(float(np.linalg.norm(row)), 1e-9)
    return np.asarray(table[: len(left)] @ table[len(left) :].T)


def first(cosines: Array, right: Array) -> float:
    """Return the part of texts whose right partner comes first, both ways.

    Ranked by the share of the likeness of both, as the matcher does: rows and columns are brought to one in turns.
    """
    likely = np.exp((np.asarray(cosines, float) - 1) / SHARP)
    for _ in range(same_source.ROUNDS):
        likely /= likely.sum(1, keepdims=True)
        likely /= likely.sum(0, keepdims=True)
    places = np.arange(len(likely))
    return float((right[places, likely.argmax(1)].mean() + right[likely.argmax(0), places].mean()) / 2)


def same_words(left: Sequence[str], right: Sequence[str]) -> Array:
    """Return which pairs are of one line, or of lines whose wording is the same on one side."""
    names = [["".join(filter(str.isalnum, text.casefold())) for text in side] for side in (left, right)]
    ours, theirs = (np.array(side)[:, None] == np.array(side)[None, :] for side in names)
    return np.asarray(ours | theirs)


def at_precision(cosines: Array, least: float = 0.95) -> float:
    """Return the recall at the lowest threshold at which so many of the reported are right."""
    order = np.argsort(-cosines.ravel(), kind="stable")
    right = np.eye(len(cosines), dtype=bool).ravel()[order]
    precise = np.flatnonzero(np.cumsum(right) / np.arange(1, len(right) + 1) >= least)
    return float(right[: precise[-1] + 1].sum() / len(cosines)) if len(precise) else 0.0


def wmt(data: Path, most: int) -> None:
    """Measure versions of one text."""
    files = sorted((data / "wmt22-zh-en" / "hyp").iterdir()) + sorted((data / "wmt22-zh-en" / "ref").iterdir())
    texts = [file.read_text(encoding="utf-8").split("\n")[:750] for file in files]
    every = list(itertools.combinations(range(len(texts)), 2))
    chosen = every[:: max(1, len(every) // most)]
    source = np.array((data / "wmt22-zh-en" / "src" / "zh-en.src.zh").read_text(encoding="utf-8").split("\n")[:750])
    for name, lines in (("odd lines", range(1, 750, 2)), ("all lines", range(750))):
        results, n = [], len(lines)
        truth = source[list(lines)][:, None] == source[list(lines)][None, :]  # two lines of the 750 are one
        for a, b in chosen:
            left, right = ([texts[side][line] for line in lines] for side in (a, b))
            pairs = [pair for pair in found([*left, *right]) if pair[0] < n <= pair[1]]
            good = sum(j == i + n for i, j in pairs)
            mine, peer, words = ours(left, right), plain(left, right), same_words(left, right)
            told = (good / n, good / max(len(pairs), 1), ranked(left, right))
            order = [first(cosines, right_ones) for cosines in (mine, peer) for right_ones in (truth, truth | words)]
            results.append((*told, *order[:2], at_precision(peer), *order[2:]))
        table = np.array(results)
        ordering = ("recall at 0.95", "first", "first or its words")
        labels = ("recall", "precision", *ordering, *(f"TF-IDF {name}" for name in ordering))
        said = ", ".join(
            f"{k} {m:.3f} (worst {w:.3f})" for k, m, w in zip(labels, table.mean(0), table.min(0), strict=True)
        )
        print(f"wmt22, {name}, {len(chosen)} pairs of translators: {said}", flush=True)
    began, whole = time.perf_counter(), [text for side in texts for text in side]
    pairs = found(whole)
    good = sum(i % 750 == j % 750 for i, j in pairs)
    rate = len(whole) / (time.perf_counter() - began)
    print(
        f"wmt22, one archive of all 14: recall {good / 750 / len(every):.3f}, precision {good / len(pairs):.3f}; "
        f"{rate:,.0f} posts/s"
    )
    _levenshtein(texts, every[5::40])
    half = [*(texts[0][line] for line in range(0, 750, 2)), *(texts[9][line] for line in range(1, 750, 2))]
    print(f"empty: {len(found(half))} pairs among {len(half)} lines without a partner")


def _levenshtein(texts: Sequence[Sequence[str]], chosen: Sequence[tuple[int, int]]) -> None:
    try:
        process, distance = (importlib.import_module(f"rapidfuzz.{name}") for name in ("process", "distance"))
    except ImportError:
        print("wmt22, Levenshtein: rapidfuzz is not installed")
        return
    rows = []
    for a, b in chosen:
        score = process.cdist(texts[a], texts[b], scorer=distance.Levenshtein.normalized_similarity)
        right = np.diag(score) > 0.693
        rows.append((right.mean(), right.sum() / max((score > 0.693).sum(), 1)))
    recall, precision = np.array(rows).mean(0)
    print(f"wmt22, Levenshtein over 0.693, {len(chosen)} pairs: recall {recall:.3f}, precision {precision:.3f}")


def tweets(data: Path) -> None:
    """Count what is reported of short texts that are no near copies of one another."""
    with gzip.open(data / "neardup-tweets" / "texts.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with gzip.open(data / "neardup-tweets" / "pairs_exact_jaccard5.csv.gz", "rt", encoding="utf-8") as file:
        near = {tuple(sorted(list(row.values())[:2])) for row in csv.DictReader(file)}
    strengths: list[str] = []
    pairs, _ = scored([row["norm"] for row in rows], strengths)
    apart = [tuple(sorted((rows[i]["id"], rows[j]["id"]))) not in near for i, j in pairs]
    other, sure = sum(apart), sum(far and said == "B" for far, said in zip(apart, strengths, strict=True))
    print(
        f"tweets: {len(pairs)} pairs among {len(rows)} texts, {other} of them with Jaccard under 0.5 (not labelled), "
        f"{sure} of those as B"
    )


def corpus(count: int) -> None:
    """Count what is reported of invented posts, and how fast."""
    from benchmarks import corpus as invented

    texts = [text.text for text in invented.texts(count, 11)]
    began = time.perf_counter()
    pairs = found(texts)
    print(f"invented: {len(pairs)} pairs among {count} posts, {count / (time.perf_counter() - began):,.0f} posts/s")


def sides(left: Sequence[str], right: Sequence[str]) -> tuple[int, int, int]:
    """Return pairs of texts reported as possible translations, lines found, and pairs of one story (the same words)."""
    matcher = TextTranslated()
    posts = [
        matcher.read(Post(platform="x", native_id=str(n), text=text or " ")) for n, text in enumerate([*left, *right])
    ]
    holders: dict[str, list[int]] = {}
    for n, post in enumerate(posts):
        for anchor in post.anchors:
            holders.setdefault(anchor.key, []).append(n)
    held = {key: len(rows) for key, rows in holders.items()}
    reported = right_ones = story = 0
    for i in range(len(left)):
        met = {n for a in posts[i].anchors if held[a.key] <= 200 for n in holders[a.key] if n >= len(left)}
        said = {n: matcher.judge(posts[i], posts[n], held, len(posts)) for n in sorted(met)}
        told = {n: verdict.detail["total"] for n, verdict in said.items() if verdict}
        reported += len(told)
        right_ones += i + len(left) in told
        story += sum(right[n - len(left)] == right[i] for n in told)
    return reported, right_ones, story


def tatoeba(data: Path, encoder: Any) -> None:
    """Measure short sentences in 21 languages with English."""
    for left, right, name in _tatoeba(data):
        reported, good, _ = sides(left, right)
        said = f"tatoeba {name}-eng, {len(left)} lines, no model: {good} found, {reported - good} wrong"
        if encoder:
            cosines = encoder.vectors(left) @ encoder.vectors(right).T
            same = np.arange(len(left))
            wrong = [(cosines.argmax(side) != same).mean() for side in (1, 0)]
            said += f"; encoder: error rate {100 * wrong[0]:.1f} % and {100 * wrong[1]:.1f} %"
        print(said, flush=True)


def _tatoeba(data: Path) -> Iterator[tuple[list[str], list[str], str]]:
    for file in sorted((data / "laser-tatoeba").glob("tatoeba.*-eng.eng")):
        name = file.name.split(".")[1].split("-")[0]
        other = file.with_name(f"tatoeba.{name}-eng.{name}")
        yield other.read_text(encoding="utf-8").splitlines(), file.read_text(encoding="utf-8").splitlines(), name


def headlines(data: Path, encoder: Any) -> None:
    """Measure published headlines with their English glosses, and those that were one story in several languages."""
    file = data / "meta-threat-research" / "spamouflage_headlines.tsv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if (row["english_gloss_by_meta"] or "").strip()]
    posted, gloss = [row["headline_as_posted"] for row in rows], [row["english_gloss_by_meta"].strip() for row in rows]
    reported, good, story = sides(posted, gloss)
    print(
        f"headlines, {len(rows)} with their gloss, no model: {good} with their own; {story} of {reported} pairs are of "
        "one story"
    )
    if encoder:
        cosines = encoder.vectors(posted) @ encoder.vectors(gloss).T
        right = [gloss[int(best)] == gloss[i] for i, best in enumerate(cosines.argmax(1))]
        print(f"headlines, encoder: {sum(right)} of {len(right)} have their own gloss, or the same words, first")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--pairs", type=int, default=91, help="pairs of translators at most")
    parser.add_argument("--posts", type=int, default=40_000, help="invented posts")
    parser.add_argument("--only", nargs="*", default=["wmt", "tweets", "invented", "headlines", "tatoeba"])
    given = parser.parse_args()
    encoder = None
    if given.encoder:
        from matchers.encoder import Encoder

        encoder = Encoder(given.encoder)
    if "wmt" in given.only:
        wmt(given.data, given.pairs)
    if "tweets" in given.only:
        tweets(given.data)
    if "invented" in given.only:
        corpus(given.posts)
    if "headlines" in given.only:
        headlines(given.data, encoder)
    if "tatoeba" in given.only:
        tatoeba(given.data, encoder)


if __name__ == "__main__":
    main()
