"""A page of our own is printed without script or network, and alike each time."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from archive.page import dated, print_pdf
from core.errors import CopytrailError
from tests.archive.browsing import needs_browser
from tests.spiders.rendering import Forbidden

AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PAGE = """<!DOCTYPE html><html lang="en"><title>Report (of) /CreationDate</title>
<style>@page { size: A4; @bottom-center { content: counter(page) } }</style><h1>Exhibit 1</h1><p>Zweite Zeile</p>
<script>document.body.textContent = "script ran"</script><noscript>no script ran</noscript>
<iframe src="file:///etc/hostname"></iframe><img src="http://127.0.0.1:%d/seen.png"></html>"""


@needs_browser
def test_a_printed_page_shows_its_text_runs_no_script_and_asks_nobody(forbidden: Forbidden) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(print_pdf(PAGE % forbidden.port, at=AT)))
    text = reader.pages[0].extract_text()
    assert "Exhibit 1" in text
    assert "no script ran" in text
    assert forbidden.look() == 0
    assert reader.metadata is not None
    assert reader.metadata.creation_date == AT
    assert reader.metadata.modification_date == AT


@needs_browser
def test_the_same_page_and_date_print_to_the_same_bytes() -> None:
    page = PAGE % 9
    assert print_pdf(page, at=AT) == print_pdf(page, at=AT.astimezone(timezone(timedelta(hours=2))))


def test_only_the_dates_of_the_document_itself_are_replaced() -> None:
    pdf = (
        b"%PDF-1.4\n1 0 obj\n<</Title (x /CreationDate \\(D:20200101000000+00'00'\\))\n"
        b"/CreationDate (D:20261122194346+00'00')\n/ModDate (D:20261122194346+00'00')>>\nendobj\n"
    )
    assert dated(pdf, AT) == pdf.replace(b"20261122194346", b"20260301120000")


def test_a_pdf_of_an_unknown_form_is_refused_and_not_passed_on_with_a_wrong_date() -> None:
    with pytest.raises(CopytrailError, match="form we do not know"):
        dated(b"%PDF-1.7\n<</CreationDate (D:20261122194346Z)>>", AT)
