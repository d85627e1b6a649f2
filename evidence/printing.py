"""Print the report, and tell which scripts it lacks: without a font for them boxes are printed, and nobody is told."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from html import escape, unescape

from evidence.contents import Contents

REMEDY = (
    "Install fonts that have them (Debian: `sudo apt-get install fonts-noto-core fonts-noto-cjk "
    "fonts-noto-color-emoji`) and export again."
)
NO_BROWSER = (
    "report.pdf: there is no browser here to print it with. README.html holds the same and prints from any browser."
)
SAMPLE = "سلام 潮汐あ при नमस আমি 안녕 של abc สวั"  # a few letters each of scripts that posts are often in
LETTERS = 120  # of each script that are tried
_TAGS = re.compile(r"<style>.*?</style>|<[^>]*>", re.DOTALL)
_NAMES = {"Cjk": "Chinese and Japanese", "Hiragana": "Chinese and Japanese", "Katakana": "Chinese and Japanese"}
MISSING = 0.5  # part of its different letters that must lack before a script is called missing


def report_pdf(contents: Contents, *, edit: Callable[[str], str] = str) -> tuple[bytes, str | None]:
    """Print report.pdf; return it with the sentence that says what it lacks, None where it has every script.

    `edit` takes what is to be hidden out of the page. Raises CopytrailError where there is no browser (a bundle then
    goes without, and says NO_BROWSER) or it fails.
    """
    from archive.page import print_pdf
    from evidence.report import printed

    lacking = lacks(edit(printed(contents)), at=contents.created)
    pdf = print_pdf(edit(printed(contents, unprinted=lacking)), at=contents.created)
    return pdf, sentence(lacking) if lacking else None


def lacks(text: str, *, at: datetime) -> tuple[str, ...]:
    """Return the scripts of a page or text for which this machine has no letters, tried on a page of its letters."""
    from archive.page import print_pdf
    from evidence.pdf_text import read

    page = specimen(text)
    return unprinted(page, read(print_pdf(page, at=at)))


def unprinted(html: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the scripts of a page most letters of which are not in the texts of its PDF, by name.

    A letter for which there is no font is printed as a box and has no text in the PDF; that is what tells.
    """
    wanted = _scripts(html)
    there = set(unicodedata.normalize("NFKC", "".join(texts)))
    lacking = (name for name, letters in wanted.items() if len(letters - there) > MISSING * len(letters))
    return tuple(sorted(lacking))


def sentence(scripts: Iterable[str]) -> str:
    """Return what to tell whoever exports, and how to mend it."""
    return f"report.pdf lacks letters for {', '.join(scripts)}; it says so on its front. {REMEDY}"


def specimen(text: str) -> str:
    """Return a page with letters of each script in a page or text."""
    lines = (" ".join(sorted(letters)[:LETTERS]) for _, letters in sorted(_scripts(text).items()))
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<!doctype html><html><head><meta charset=utf-8><title>.</title></head><body>{body}</body></html>"


def _scripts(text: str) -> dict[str, set[str]]:
    """Return the different letters of a page or text by the name of their script."""
    text = unescape(_TAGS.sub(" ", text))
    found: dict[str, set[str]] = defaultdict(set)
    for letter in set(unicodedata.normalize("NFKC", text)):
        if unicodedata.category(letter) in ("Lo", "Ll", "Lu"):
            word = unicodedata.name(letter, "").partition(" ")[0].title()
            found[_NAMES.get(word, word)].add(letter)
        elif ord(letter) >= 0x1F300 and unicodedata.category(letter) == "So":
            found["pictographs (emoji)"].add(letter)
    return {name: letters for name, letters in found.items() if name}
