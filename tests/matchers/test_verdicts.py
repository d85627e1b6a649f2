"""What the matchers say of two posts, and what they keep silent about."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import matchers
from core import registry
from core.records import Author, Post
from matchers.base import Matcher
from matchers.exact_text import TextExact
from matchers.families import Grouping, Match, Place
from matchers.near_text import TextNear
from matchers.shared_url import UrlShared

LONG = (
    "The harbour of Lowmarsh stays closed until the spring because the old dredger broke down in the first week of "
    "January, and the committee has no money to mend it before the boats come back, said the harbour master Ilsa Venn."
)
CHINESE = "低沼港因为旧挖泥船在一月第一周损坏而关闭到春天，委员会没有钱修理它。"


def post(text: str | None = None, *links: str, title: str | None = None, who: str = "1", platform: str = "x") -> Post:
    author = Author(native_id=who)
    return Post(platform=platform, native_id="1", title=title, text=text, links=links, author=author)


def test_every_matcher_is_found_and_describes_itself() -> None:
    found = registry.find(matchers, Matcher)  # type: ignore[type-abstract]
    assert {"text.exact", "text.near", "url.shared"} <= set(found)
    documented = (Path(__file__).parents[2] / "docs" / "matchers.md").read_text("utf-8")
    for name, matcher in found.items():
        assert matcher.title
        assert matcher.__doc__
        assert f"`{name}`" in documented


def test_the_same_text_in_other_dress_is_exact() -> None:
    dressed = LONG.upper().replace(",", " —") + " https://lowmarsh.example/news 🚢"
    verdict = TextExact().compare(post(LONG), post(dressed, who="2"))
    assert verdict
    assert (verdict.score, verdict.strength) == (1.0, "A")
    assert "are the same once case, accents, punctuation and links are set aside (41 words, " in verdict.sentence
    assert TextNear().compare(post(LONG), post(dressed)) is None  # text.exact says it all
    assert TextExact().keys(post(LONG)) == TextExact().keys(post(dressed))


def test_a_title_above_the_text_counts_as_text() -> None:
    assert TextExact().compare(post(LONG, title="Harbour closed"), post(f"Harbour closed: {LONG}"))


def test_a_changed_text_is_near_with_its_numbers() -> None:
    changed = LONG.replace("old dredger", "new crane").replace("Ilsa Venn", "Odo Marl")
    verdict = TextNear().compare(post(LONG), post(changed, who="2"))
    assert verdict
    assert 0.6 < verdict.score < 0.9
    assert verdict.strength == "B"
    detail = verdict.detail
    assert verdict.sentence.startswith(f"{int(100 * detail['shared'] / detail['of'])} % of the character sequences")
    assert not detail["same_account"]
    for begin, end, other, other_end in detail["spans"]:
        assert LONG[begin:end].lower() == changed[other:other_end].lower()


@pytest.mark.parametrize("matcher", [TextExact(), TextNear()])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("too few words", "too few words"),
        ("港口关闭", "港口关闭"),
        ("ha " * 300, "ha " * 200),
        ("哈" * 300, "哈" * 300),
        (
            LONG,
            "A quite different story of the sea, the weather and the price of herring at the market of Alvane.",
        ),
        (LONG, None),
        (None, None),
    ],
)
def test_too_little_or_too_different_is_no_match(matcher: Matcher, left: str | None, right: str | None) -> None:
    assert matcher.compare(post(left), post(right)) is None


@pytest.mark.parametrize("text", ["eleven words are not enough to link two of them", "港口关闭到春天没有钱"])
def test_short_texts_are_context_and_no_more(text: str) -> None:
    verdict = TextExact().compare(post(text), post(text.upper(), who="2"))
    assert verdict
    assert verdict.strength == "C"
    assert "so few words may be written twice by chance" in verdict.sentence


def test_twenty_chinese_letters_are_enough() -> None:
    verdict = TextExact().compare(post(CHINESE), post(CHINESE.replace("，", " ")))
    assert verdict
    assert "letters)" in verdict.sentence
    assert "words" not in verdict.sentence


def test_a_text_of_one_word_has_one_word() -> None:
    endless = "abcdefghiklmnopq" * 20
    verdict = TextExact().compare(post(endless), post(f"{endless}!", who="2"))
    assert verdict
    assert "(1 word, 320 letters)" in verdict.sentence


def test_one_account_that_repeats_itself_is_told() -> None:
    verdict = TextExact().compare(post(LONG, who="7"), post(LONG, who="7"))
    assert verdict
    assert verdict.detail["same_account"]
    assert verdict.sentence.endswith("Both are by the same account.")


def test_a_page_linked_by_both_is_shared_whatever_trackers_stand_on_it() -> None:
    left = post(None, "https://www.lowmarsh.example/news/harbour?utm_source=a", "https://other.example/")
    right = post(None, "http://lowmarsh.example/news/harbour?utm_source=b", "https://other.example/", who="2")
    verdict = UrlShared().compare(left, right)
    assert verdict
    assert verdict.sentence == "Both posts link to https://lowmarsh.example/news/harbour."
    assert verdict.strength == "B"
    assert UrlShared().keys(post(None, "https://other.example/", "mailto:x@y.example")) == ()


@pytest.mark.parametrize(
    ("link", "strength"),
    [
        ("https://doi.org/10.5281/zenodo.1", "A"),
        ("https://lowmarsh.example/2024/harbour-closed", "B"),
        ("https://lowmarsh.example/?p=12", "B"),
        ("https://lowmarsh.example/news", "C"),
    ],
)
def test_a_link_weighs_by_what_it_names(link: str, strength: str) -> None:
    verdict = UrlShared().compare(post(None, link), post(None, link, who="2"))
    assert verdict
    assert verdict.strength == strength


def test_one_word_in_ten_exchanged_is_still_near() -> None:
    chance = random.Random(11)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(3000)]
    hits = 0
    for _ in range(300):
        text = chance.choices(words, k=50)
        edited = [chance.choice(words) if chance.random() < 0.1 else word for word in text]
        hits += TextNear().compare(post(" ".join(text)), post(" ".join(edited))) is not None or text == edited
    assert hits >= 297


class TestGrouping:
    """Families hold what matches their anchor, and nothing that only matches a neighbour."""

    @staticmethod
    def grouping(homes: dict[int, Place] | None = None) -> Grouping:
        return Grouping(homes or {}, lambda anchor, _post: f"f{anchor}")

    def test_a_chain_of_edits_is_cut_where_it_no_longer_matches_the_anchor(self) -> None:
        grouping = self.grouping()
        grouping.place(2, {1: Match("text.near", 0.6)}, lambda _: None)
        grouping.place(3, {2: Match("text.near", 0.6)}, lambda _: None)
        assert grouping.homes == {1: Place("f1", 1, None), 2: Place("f1", 1, Match("text.near", 0.6))}

    def test_a_neighbour_leads_to_the_anchor_which_is_asked(self) -> None:
        grouping = self.grouping()
        grouping.place(2, {1: Match("text.near", 0.9)}, lambda _: None)
        grouping.place(3, {2: Match("text.near", 0.9)}, lambda anchor: Match("text.near", 0.5 + anchor / 100))
        assert grouping.homes[3] == Place("f1", 1, Match("text.near", 0.51))

    def test_the_better_anchor_wins_then_the_earlier(self) -> None:
        grouping = self.grouping({1: Place("f1", 1, None), 2: Place("f2", 2, None), 3: Place("f3", 3, None)})
        matches = {1: Match("text.near", 0.5), 2: Match("text.near", 0.7), 3: Match("text.near", 0.7)}
        grouping.place(9, matches, lambda _: None)
        assert grouping.homes[9].family == "f2"

    def test_an_exact_copy_goes_where_its_original_is(self) -> None:
        grouping = self.grouping({1: Place("f1", 1, None), 2: Place("f1", 1, Match("text.near", 0.7))})
        grouping.repeat(5, 2)
        grouping.repeat(6, 1)
        grouping.repeat(8, 7)
        assert grouping.homes[5].match == Match("text.near", 0.7)
        assert grouping.homes[6].match == Match("text.exact", 1.0)
        assert grouping.homes[7] == Place("f7", 7, None)
