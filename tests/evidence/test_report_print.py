from __future__ import annotations

import io

import pytest

from core.errors import CopytrailError
from evidence import printing
from tests.archive.browsing import needs_browser
from tests.evidence.reading_cases import CHINESE, MADE, THAI, case, exhibit, post


def test_a_script_is_missing_where_its_letters_have_no_text_in_the_pdf() -> None:
    page = f"<style>.{CHINESE}{{}}</style><p>Quay {THAI} пристань</p>"
    assert printing.unprinted(page, ["Quay", "пристань"]) == ("Thai",)
    assert printing.unprinted(page, ["Quay", "пристань", THAI]) == ()
    assert "Chinese" not in str(printing.unprinted(page, [])), "a style is not read by people"


def test_letters_in_the_forms_they_are_joined_in_count_as_there() -> None:
    assert printing.unprinted("<p>سلام</p>", ["\ufeb3\ufefc\ufee1"]) == ()


def test_what_is_lacking_is_said_with_what_to_install() -> None:
    told = printing.sentence(["Thai", "Hangul"])
    assert "lacks letters for Thai, Hangul" in told
    assert "fonts-noto-core fonts-noto-cjk" in told


def test_the_page_of_letters_holds_each_once_and_no_markup() -> None:
    page = printing.specimen("<p>abc &lt;script&gt; abc</p>")
    assert page.count("a b c") == 1
    assert "<script>" not in page


@needs_browser
def test_the_report_is_printed_with_page_numbers_and_exhibit_numbers() -> None:
    from pypdf import PdfReader

    pdf, _ = printing.report_pdf(case())
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert f"1 of {len(pages)}" in pages[0]
    assert [page for page in pages if "Exhibit E002" in page]
    assert "2026-02-21 08:00 UTC" in "".join(pages)
    assert "2026-02-21 09:00 CET" in "".join(pages)


@needs_browser
def test_a_machine_without_letters_for_a_text_says_so_on_the_front() -> None:
    from pypdf import PdfReader

    gothic = "".join(map(chr, range(0x16A0, 0x16EA))) + "".join(map(chr, range(0x12000, 0x12040)))
    row = post(1, gothic)
    pdf, says = printing.report_pdf(case(posts=[row], exhibits=[exhibit(1, row)], families=[], pairs=[]))
    front = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert (says is None) == ("Some letters are missing" not in front)
    if says:
        assert "Cuneiform" in says or "Runic" in says


def test_without_a_browser_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRAIL_BROWSER", "no-such-browser")
    with pytest.raises(CopytrailError, match="COPYTRAIL_BROWSER names no-such-browser"):
        printing.lacks("abc", at=MADE)
