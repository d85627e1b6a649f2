"""One page and one work have one key, whatever links to them; lists of hashtags match in order and out of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Author, Post
from matchers import dois
from matchers.shared_url import UrlShared
from matchers.tags import TagsOrder

WORK = "10.1371/journal.pone.0000001"
TAGS = ("Harbour", "Storm", "Lowmarsh", "Breakwater", "TideGate")


def post(number: str, *links: str, text: str | None = None, tags: tuple[str, ...] = ()) -> Post:
    author = Author(native_id=number)
    return Post(platform="demo", native_id=number, links=links, text=text, tags=tags, author=author)


@pytest.mark.parametrize(
    "link",
    [
        f"https://doi.org/{WORK}", f"http://dx.doi.org/{WORK.upper()}", f"doi:{WORK}",
        f"https://journals.plos.org/plosone/article?id={WORK}&type=printable",
        "https://journals.plos.org/plosone/article?id=10.1371%2Fjournal.pone.0000001",
        f"https://onlinelibrary.example/doi/full/{WORK}", f"https://onlinelibrary.example/doi/epdf/{WORK}/",
        f"https://frontiers.example/articles/{WORK}/full", f"https://press.example/content/{WORK}.full.pdf",
        f"https://l.facebook.com/l.php?u=https%3A%2F%2Fdoi.org%2F{WORK.replace('/', '%2F')}&h=x",
    ],
)  # fmt: skip
def test_a_work_has_one_key_however_it_is_linked(link: str) -> None:
    assert UrlShared().keys(post("1", link)) == (f"https://doi.org/{WORK}",)


def test_addresses_that_lead_to_a_doi_without_holding_it() -> None:
    assert dois.of_link("https://www.nature.com/articles/s41586-020-0000-1.pdf") == "10.1038/s41586-020-0000-1"
    assert dois.of_link("https://arxiv.org/pdf/2101.00001v2") == "10.48550/arxiv.2101.00001"
    assert dois.of_link("https://www.biorxiv.org/content/10.1101/2020.01.01.000001v2.full") == (
        "10.1101/2020.01.01.000001"
    )
    assert dois.of_link("https://example.com/versions/10.1.2/notes") is None
    assert dois.of_link("https://example.com/10.12/a") is None


def test_works_written_out_in_a_text() -> None:
    text = (
        f"See (doi:{WORK}), DOI: 10.1000/xyz123. Not 10.1000 alone, nor https://a.example/10.1000/abc; doi 10.1000/(a)b"
    )
    assert dois.in_text(text) == (WORK, "10.1000/xyz123", "10.1000/(a)b")
    assert dois.in_text("version 10.2 of it") == dois.in_text(None) == ()
    assert UrlShared().holds(post("1", text=f"doi:{WORK}"))
    assert not UrlShared().holds(post("1", text="10.2"))
    verdict = UrlShared().compare(post("1", text=f"doi:{WORK}"), post("2", f"https://doi.org/{WORK}"))
    assert verdict
    assert verdict.strength == "A"
    assert verdict.sentence == f"Both posts point to the work https://doi.org/{WORK}."


def test_how_each_wrote_the_link_is_kept() -> None:
    left, right = post("1", "https://youtu.be/abcdefghijk?t=3"), post("2", "https://youtube.com/watch?v=abcdefghijk")
    verdict = UrlShared().compare(left, right)
    assert verdict
    assert verdict.strength == "B"
    assert verdict.detail["as_written"] == {"left": ["https://youtu.be/abcdefghijk?t=3"], "right": []}


def test_a_link_of_a_megabyte_is_not_quoted_whole() -> None:
    link = "https://a.example/" + "b" * 1_000_000
    verdict = UrlShared().compare(post("1", link), post("2", link + "#c"))
    assert verdict
    assert len(verdict.sentence) < 300
    assert verdict.sentence.endswith("b….")
    assert len(str(verdict.detail)) < 20_000


def test_more_hashtags_than_are_read_are_said_to_be_so() -> None:
    many = tuple(f"tag{number}" for number in range(150))
    verdict = TagsOrder().compare(post("1", tags=many), post("2", tags=many))
    assert verdict
    assert verdict.sentence == "Both posts carry the same 100 hashtags in the same order (of 100 that were read)."


def test_what_many_link_to_says_less() -> None:
    matcher = UrlShared()
    verdict = matcher.compare(post("1", "https://a.example/news/1"), post("2", "https://a.example/news/1"))
    assert verdict
    bits = [matcher.weigh(verdict, others, 100_000) for others in (0, 100, 10_000, 100_000)]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] == 10.0
    assert bits[-1] < 1


def test_tags_in_order_and_out_of_it() -> None:
    matcher = TagsOrder()
    left = post("1", tags=TAGS)
    same = post("2", tags=("#harbour", "STORM", "lowmarsh", "Ｂreakwater", "tidegate", "Harbour"))
    other = post("3", tags=TAGS[::-1])
    found = matcher.compare(left, same)
    assert found
    assert (found.strength, found.score) == ("B", 1.0)
    assert "in the same order" in found.sentence
    shuffled = matcher.compare(left, other)
    assert shuffled
    assert shuffled.strength == "C"
    assert "in different orders" in shuffled.sentence
    assert matcher.keys(left) == matcher.keys(same) == matcher.keys(other)
    assert matcher.weigh(found, 0, 10_000) > matcher.weigh(shuffled, 2_000, 10_000)
    again = matcher.compare(left, left)
    assert again
    assert again.detail["same_account"]
    assert "by the same account" in again.sentence


def test_few_tags_and_other_tags_say_nothing() -> None:
    matcher = TagsOrder()
    assert matcher.keys(post("1", tags=TAGS[:4])) == ()
    assert matcher.compare(post("1", tags=TAGS), post("2", tags=(*TAGS[:4], "Other"))) is None
    assert matcher.compare(post("1", tags=("a",) * 50), post("2", tags=("a",) * 50)) is None


def test_ten_thousand_tags_and_links_are_bounded() -> None:
    started = time.perf_counter()
    many = post(
        "1", *(f"https://a.example/{i}/x" for i in range(10_000)), tags=tuple(f"t{i}" * 500 for i in range(10_000))
    )
    verdict = TagsOrder().compare(many, many)
    assert verdict
    assert verdict.detail["count"] == verdict.detail["read"] == 100
    assert len(TagsOrder().keys(many)[0]) < 500
    assert len(UrlShared().keys(many)) == 50
    dois.in_text("doi:10.1000/" * 100_000 + "10.1000/" + "(" * 100_000)
    assert time.perf_counter() - started < 3


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    dois.in_text("doi:10.1000/" + text)
    dois.of_link("https://doi.org/10.1000/" + text)
    TagsOrder().keys(post("1", tags=(text,) * 3 + TAGS))
    assert UrlShared().keys(post("1", "https://l.facebook.com/l.php?u=" + text)) is not None
