from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.errors import BadInput
from evidence.contents import Contents
from evidence.report import printed, readme
from evidence.sheets import sheets
from tests.evidence.reading_cases import ARABIC, CHINESE, HOSTILE, case, exhibit, family, hostile, picture, post

CARELESS = re.compile(
    r"\b(bots?|fakes?|trolls?|proves?|proof|origins?|originated|first|culprit|inauthentic|coordinated|deleted)\b", re.I
)


class Tags(HTMLParser):
    """Gather the tags of a page with their attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def handle_data(self, data: str) -> None:
        if not self.style:
            self.words.append(data)


def pages() -> list[str]:
    return [readme(hostile()).decode(), readme(hostile(), container="wacz").decode(), printed(hostile())]


@pytest.mark.parametrize("page", pages(), ids=["bundle", "wacz", "paper"])
def test_hostile_words_stay_words(page: str) -> None:
    tags = Tags(page)
    assert "script" not in {tag for tag, _ in tags.tags}
    assert not [a for _, attributes in tags.tags for a in attributes if a.startswith("on") or a == "style"]
    assert 'alert("x")' not in page
    assert not {*"\u202e\x1b\u2028"} & set(page)
    assert "[U+202E]" in page
    assert "javascript:" not in "".join(str(a.get("href")) + str(a.get("src")) for _, a in tags.tags)


@pytest.mark.parametrize("page", pages(), ids=["bundle", "wacz", "paper"])
def test_nothing_is_fetched_from_outside(page: str) -> None:
    tags = Tags(page).tags
    assert not [t for t, _ in tags if t in ("iframe", "object", "embed", "form", "base", "link", "audio", "video")]
    for _, attributes in tags:
        for name in ("href", "src", "action", "xlink:href"):
            assert re.match(r"(#|data/|data:image/png;|method\.md)", attributes.get(name) or "#")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.parametrize("page", pages(), ids=["bundle", "wacz", "paper"])
def test_the_policy_allows_this_style_and_nothing_else(page: str) -> None:
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = next(a["content"] for t, a in Tags(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy is not None
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_the_page_claims_nothing() -> None:
    for page in (readme(case()).decode(), printed(case())):
        words = " ".join(Tags(page).words)
        assert not CARELESS.findall(words)
        assert "Archiving is not verification" in words
        assert "It does not say who copied from whom" in words
        assert "It does not show that the site really served" in words


def test_live_addresses_are_text_that_nobody_opens_by_chance_and_hold_no_key() -> None:
    page = readme(case()).decode()
    assert "hxxps://harbour.example/1" in page
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "hush-hush" not in page


def test_times_are_told_as_written_in_utc_and_in_local_time() -> None:
    page = readme(case()).decode()
    assert "21 Feb 2026, 09:00" in page
    assert "2026-02-21 08:00 UTC" in page
    assert "2026-02-21 09:00 CET, UTC+01:00" in page
    assert "to the minute; as written on the page, with its zone" in page


def test_what_is_not_stated_is_called_unknown() -> None:
    row = post(1, published={"at": None, "verbatim": None, "precision": "unknown", "source": "page", "zone": "unknown"})
    page = readme(case(posts=[row], exhibits=[exhibit(1, row)], families=[], pairs=[])).decode()
    assert "<dt>Published, as stated</dt><dd>not stated</dd>" in page
    assert "<dt>Read as</dt><dd>unknown" in page


def test_an_absence_is_told_as_not_seen_with_its_answer() -> None:
    row = post(1)
    looked = [
        {"at": "2026-03-01T18:00:00Z", "outcome": "not_seen", "sentence": "The page is not there.", "status": 404}
    ]
    page = readme(case(posts=[row], exhibits=[exhibit(1, row, observations=looked)])).decode()
    assert "not seen at 2026-03-01 18:00:00 UTC" in page
    assert "(answer 404)" in page


def test_an_edit_shows_what_went_and_what_came() -> None:
    row = post(1, "The sea wall is finished today.")
    old = [{"n": 1, "seen_at": "2026-03-01T10:00:00Z", "title": None, "text": "The sea wall is broken today."}]
    page = readme(case(posts=[row], exhibits=[exhibit(1, row, versions=old)])).decode()
    assert "The sea wall is <del>broken</del><ins>finished</ins> today." in page


def test_matches_lead_to_the_exhibits_they_speak_of() -> None:
    page = readme(case()).decode()
    assert re.search(r'With <a href="#E002">E002</a>.{0,40}Both link to hxxps://harbour\.example/plan\.', page)


def test_stamps_are_told_by_their_state() -> None:
    rows = [{"authority": "quay", "at": "2026-03-01T12:00:05Z", "state": "stamped", "why": None},
            {"authority": "mole", "at": None, "state": "pending", "why": "it did not answer"}]  # fmt: skip
    page = readme(case(method={"stamps": {"e001-harbour": rows}})).decode()
    assert "stamped by quay at 2026-03-01 12:00:05 UTC" in page
    assert "<strong>pending</strong> at mole: it did not answer" in page
    assert "1 of 2 exhibits have no time stamp yet" in page


def test_digests_fingerprint_and_commands_are_there() -> None:
    method = {
        "wacz": {"e001-harbour": {"path": "data/exhibits/e001-harbour.wacz", "sha256": "ab" * 32, "bytes": 9}},
        "signer": {"fingerprint": "0123456789abcdef" * 4, "name": "Quay Post"},
    }
    page = readme(case(method=method)).decode()
    assert "ab" * 32 in page
    assert "0123 4567 89ab cdef" in page
    for command in ("sha256sum -c SHA256SUMS", "python3 verify.py", "copytrail verify NAME.zip"):
        assert command in page


def test_pictures_are_blurred_until_asked_for_and_stand_plain_and_small_in_print() -> None:
    shown = replace(case().exhibits[0], thumbnail=picture())
    page = readme(case(exhibits=[shown])).decode()
    assert 'src="data/thumbnails/e001.png"' in page
    assert "blur(14px) grayscale(1)" in page
    paper = printed(case(exhibits=[shown]))
    assert 'src="data:image/png;base64,' in paper
    assert "blur" not in paper


def test_the_print_carries_case_and_number_in_the_margin() -> None:
    paper = printed(case(case='harbour"} body{display:none'))
    assert '@page e1 { @top-right { content: "Exhibit E001"' in paper
    assert "display:none" not in re.sub(r"<(title|h1)>.*?</\1>", "", paper.split("</header>")[0])


def test_the_print_says_which_letters_it_lacks() -> None:
    assert "Some letters are missing in this print" not in printed(case())
    assert "no letters for Thai" in printed(case(), unprinted=("Thai",))


@pytest.mark.parametrize("words", [ARABIC, CHINESE])
def test_texts_keep_their_direction_and_their_letters(words: str) -> None:
    row = post(1, words)
    page = readme(case(posts=[row], exhibits=[exhibit(1, row)])).decode()
    assert f'<div class="words" dir="auto" lang="en">{words}</div>' in page


def test_a_case_without_anything_is_still_a_page() -> None:
    empty = case(posts=[], exhibits=[], families=[], pairs=[])
    page = readme(empty).decode()
    assert "This bundle has no numbered exhibits." in page
    assert "No text of this case matches another so far." in page
    assert printed(empty).endswith("</html>")


def test_the_same_contents_give_the_same_page() -> None:
    assert readme(hostile()) == readme(hostile())
    assert printed(hostile()) == printed(hostile())


def test_a_zone_nobody_knows_is_named_with_what_to_write() -> None:
    with pytest.raises(BadInput, match="no time zone 'Quay/Mole' here; write for instance"):
        readme(case(zone="Quay/Mole"))


def test_a_thousand_exhibits_are_written_quickly() -> None:
    rows = [post(n, f"The sea wall is finished. {n} " * 40) for n in range(1, 1001)]
    many = case(posts=rows, exhibits=[exhibit(n, row) for n, row in enumerate(rows, 1)], families=[], pairs=[])
    began = time.perf_counter()
    page = readme(many)
    assert time.perf_counter() - began < 20, "three seconds on a quiet machine"
    assert page.count(b"<article") == 1000
    assert printed(many).count("<article") == 200, "the others stand in the list, and the page says so"


def test_the_public_edition_says_what_was_taken_out() -> None:
    page = readme(case(edition="public", method={"original": "ab" * 32})).decode()
    assert "data/redactions.json" in page
    assert "ab" * 32 in page
    assert HOSTILE not in page


@pytest.mark.parametrize("make", [lambda c: readme(c).decode(), printed], ids=["screen", "paper"])
def test_a_capture_of_others_is_told_as_theirs_and_how_it_was_verified(make: Callable[[Contents], str]) -> None:
    row = post(1)
    origin = {"name": "crawl.wacz", "sha256": "ab" * 32, "software": "Browsertrix <1>", "verdict": "intact",
              "imported_at": "2026-03-01T12:30:00Z"}  # fmt: skip
    told = make(replace(case(), posts=[row], exhibits=[exhibit(1, row, elsewhere=origin)]))
    for words in ("Captured elsewhere", "Verified on import: intact, 2026-03-01 12:30:00 UTC", "Browsertrix &lt;1&gt;"):
        assert words in told
    assert "ab" * 32 in told
    assert "Captured elsewhere" not in make(replace(case(), posts=[row], exhibits=[exhibit(1, row)]))
    table = sheets(replace(case(), posts=[row], exhibits=[exhibit(1, row, elsewhere=origin)]))
    assert b"verified on import: intact" in table["data/tables/exhibits.csv"]


def test_what_is_not_known_is_told_once_for_each_reason() -> None:
    row, why = post(1), "read without a browser"
    capture = {"outcome": "gone", "reason": "https://harbour.example/1 is not there (404).",
               "server": {"address": "192.0.2.1"},
               "missing": {"browser": f"{why}.", "viewport": why, "time_zone": why}}  # fmt: skip
    told = readme(replace(case(), posts=[row], exhibits=[exhibit(1, row, capture)])).decode()
    assert told.count(why) == 1
    assert f"browser, time zone, viewport ({why})" in told
    assert "How the answer was captured" in told
    assert re.search(r"hxxps://harbour.example/1 is not there \(404\)\.</bdi>\s+Server", told)


def test_a_look_is_told_without_saying_its_moment_twice() -> None:
    row = post(1)
    looks = [
        {"at": "2026-03-01T12:00:00Z", "outcome": "seen", "sentence": "Seen at 2026-03-01T12:00:00.123Z (shown)."},
        {"at": "2026-03-01T13:00:00Z", "outcome": "changed",
         "sentence": "Changed, as seen at 2026-03-01T13:00:00.123Z (text (1 words out, 1 in))."},
    ]  # fmt: skip
    told = readme(replace(case(), posts=[row], exhibits=[exhibit(1, row, observations=looks)])).decode()
    assert "00.123Z" not in told
    assert "text (1 words out, 1 in)" in told


def test_a_capture_made_elsewhere_is_never_called_the_earliest_we_captured() -> None:
    old = post(1, first_seen="1995-03-01T12:00:00Z")
    origin = {"name": "old.warc.gz", "sha256": "ab" * 32, "software": "x", "verdict": "intact",
              "imported_at": "2026-03-01T12:00:00Z"}  # fmt: skip
    spread = {
        "steps": [{"ref": old["ref"], "platform": "harbour.example", "place": "h", "tier": 1, "first_seen": None,
                   "from": "1995-02-21T08:00:00Z", "to": "1995-02-21T08:01:00Z"}],
        "arrows": [], "earliest": {"ref": old["ref"]}, "sentence": "The earliest copy we captured is this one.",
    }  # fmt: skip
    contents = case(posts=[old, post(2)], exhibits=[exhibit(1, old, elsewhere=origin)], pairs=[],
                    families=[family([old, post(2)], spread)])  # fmt: skip
    told = readme(contents).decode()
    body = told[told.index('id="glance"') :]
    assert "captured elsewhere; states 1995-03-01 12:00:00 UTC" in body
    assert "not confirmed" in body
    assert "from 1995" not in body
    assert "The earliest copy here (captured elsewhere) is this one." in body
    assert "earliest copy here, captured elsewhere" in body
    assert "Earliest copy we captured" not in body
