"""See through the ways in which a text can be written: case, width, accents, escapes, markup, unseen characters.

A view is a text with one of these undone, and knows for each of its characters where it stood in the text it came from.
Views are searched one by one, never only the last: undoing an escape that was none ("100%Ada") hides what stood there.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from evidence.letters import FOLDS, JOINED, folded_letter

LEVELS = 4  # of escapes within escapes: percent in JSON in HTML in a script
_ESCAPE = re.compile(  # the first character first: it makes the search four times as fast
    r"[%\\&xX](?:(?<=%)(?:[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*|u[0-9A-Fa-f]{4})"
    r"|(?<=\\)(?:u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*|u\{[0-9A-Fa-f]{1,6}\}|U[0-9A-Fa-f]{8}"
    r"|x[0-9A-Fa-f]{2}(?:\\x[0-9A-Fa-f]{2})*|[0-9A-Fa-f]{2,6}[ ]?|[/\"'\\nrt])"
    r"|(?<=&)(?:\#[0-9]{1,7};?|\#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};?)"
    r"|(?<=[xX])[nN]--[A-Za-z0-9-]+)"
)
_PRINTABLE = re.compile(r"(?:=[0-9A-Fa-f]{2})+|=[ \t]*\r?\n")
_TAG = re.compile(r"<(?:!--.{0,2000}?--|[!?/]?[A-Za-z][^<>]{0,4000})>", re.S)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|option"
    r"|p|pre|section|table|tbody|td|text|tfoot|th|thead|title|tr|ul)\b", re.I
)  # fmt: skip
_SIMPLE = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}

Token = tuple[int, int, int, int]  # where it stands in the view (from, to), and where in the text before


@dataclass(frozen=True)
class View:
    """A text in another form; `tokens` are the places where it differs from the text before."""

    text: str
    tokens: list[Token]
    before: View | None = None

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the very first text a piece of this view stood."""
        view: View | None = self
        while view is not None and view.before is not None:
            start, end = _start(view.tokens, start), _end(view.tokens, end)
            view = view.before
        return start, end


def _start(tokens: list[Token], place: int) -> int:
    """Return where a character stood before; of several tokens at one place only the last has characters here."""
    index = bisect_right(tokens, place, key=lambda token: token[0]) - 1
    if index < 0:
        return place
    _, out_to, since, to = tokens[index]
    return since if place < out_to else to + place - out_to


def _end(tokens: list[Token], place: int) -> int:
    """Return where a piece ended before: after its last character, not after what was taken out behind it."""
    index = bisect_right(tokens, place - 1, key=lambda token: token[0]) - 1
    if index < 0:
        return place
    _, out_to, _, to = tokens[index]
    return to if place <= out_to else to + place - out_to


Piece = tuple[str, int]  # what a part of a match becomes, and how many characters it took
Reader = Callable[[re.Match[str]], list[Piece]]


def _through(before: View, pattern: re.Pattern[str], read: Reader) -> View | None:
    """Return the view that reading each match makes; None where it differs in nothing."""
    out: list[str] = []
    tokens: list[Token] = []
    at = length = 0
    for found in pattern.finditer(before.text):
        out.append(before.text[at : found.start()])
        length += found.start() - at
        place = found.start()
        for piece, taken in read(found):
            if piece != before.text[place : place + taken]:
                tokens.append((length, length + len(piece), place, place + taken))
            out.append(piece)
            length += len(piece)
            place += taken
        at = found.end()
    if not tokens:
        return None
    out.append(before.text[at:])
    text = "".join(out)
    return None if text == before.text else View(text, tokens, before)


def _escape(found: re.Match[str]) -> list[Piece]:
    text = found[0]
    if text[0] == "&":
        plain = html.unescape(text)
        return [(plain, len(text))]
    if text[0] == "%" and text[1] != "u":
        return _bytes(bytes.fromhex(text.replace("%", "")), 3)
    if text[:2] == "\\x":
        return _bytes(bytes.fromhex(text.replace("\\x", "")), 4)
    if text[:2] == "\\u" and text[2] != "{":
        return _units(text)
    if text[:4].lower() == "xn--":
        return [(_host(text), len(text))]
    if text in _SIMPLE or (text[0] == "\\" and len(text) == 2 and text[1] in "/\"'\\"):
        return [(_SIMPLE.get(text, text[-1]), 2)]
    number = int(text.strip("%\\uU{} "), 16)
    return [(chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else text, len(text))]


def _bytes(raw: bytes, width: int) -> list[Piece]:
    """Read bytes that were escaped one by one: as UTF-8, what is none as Latin-1."""
    text = raw.decode("utf-8", "surrogateescape")
    return [(chr(ord(c) - 0xDC00), width) if 0xDC80 <= ord(c) <= 0xDCFF else (c, width * len(c.encode())) for c in text]


def _units(text: str) -> list[Piece]:
    raw = bytes.fromhex(text.replace("\\u", ""))
    return [
        (c, 6 * (len(c.encode("utf-16-be", "surrogatepass")) // 2)) for c in raw.decode("utf-16-be", "surrogatepass")
    ]


def _host(label: str) -> str:
    try:
        return label[4:].encode().decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _printable(found: re.Match[str]) -> list[Piece]:
    text = found[0]
    return [("", len(text))] if text[1:].isspace() else _bytes(bytes.fromhex(text.replace("=", "")), 3)


def _tag(found: re.Match[str]) -> list[Piece]:
    return [(" " if _BLOCK.match(found[0]) else "", len(found[0]))]


def folded(before: View) -> View:
    """Return the view of a text as `fold` gives it, each character still leading back."""
    text, letters = before.text, set(before.text)
    odd = "".join(sorted(re.escape(c) for c in letters if len(FOLDS[ord(c)]) != 1))
    joined = JOINED.search(text) is not None
    if odd or joined:
        either = "|".join(([JOINED.pattern] if joined else []) + ([f"[{odd}]"] if odd else []))
        view = _through(before, re.compile(either, re.S), lambda found: [(folded_letter(found[0]), len(found[0]))])
        if view is not None:
            return View(view.text.translate(FOLDS), view.tokens, before)
    return View(text.translate(FOLDS), [], before)


def views(text: str) -> Iterator[View]:
    """Yield a text in every form in which something may stand in it, before folding: as it is, unescaped, unmarked."""
    return _forms(View(text, []), _through, lambda view: view.text)


def plain(text: str) -> Iterator[str]:
    """Yield the texts of `views`, many times as fast, as they lead nowhere back."""
    return _forms(text, _substituted, lambda form: form)


def _substituted(text: str, pattern: re.Pattern[str], read: Reader) -> str | None:
    known: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        if (value := known.get(found[0])) is None:
            value = known[found[0]] = "".join(piece for piece, _ in read(found))
        return value

    out = pattern.sub(replaced, text)
    return None if out == text else out


Form = TypeVar("Form")


def _forms(
    first: Form, through: Callable[[Form, re.Pattern[str], Reader], Form | None], said: Callable[[Form], str]
) -> Iterator[Form]:
    form = first
    for level in range(LEVELS + 1):
        yield form
        if "<" in said(form) and (bare := through(form, _TAG, _tag)) is not None:
            yield bare
            if _escaped(said(bare)) and (read := through(bare, _ESCAPE, _escape)) is not None:
                yield read  # read after the tags are gone: &lt;b&gt; is no tag then
        if level == LEVELS or not _escaped(said(form)) or (further := through(form, _ESCAPE, _escape)) is None:
            break
        form = further
    if "=" in said(first) and (read := through(first, _PRINTABLE, _printable)) is not None:
        yield read
        if "<" in said(read) and (bare := through(read, _TAG, _tag)) is not None:
            yield bare


def _escaped(text: str) -> bool:
    return any(mark in text for mark in ("%", "\\", "&", "xn--", "XN--"))


def tags(text: str) -> str:
    """Return only the tags of a text: what stays where the words between them are taken out."""
    return "".join(found[0] for found in _TAG.finditer(text))
