"""What survives translation: links, media, numbers and dates of any script, tags, handles, Latin names, a glossary.

An anchor is a kind and a value; two posts in different languages that share rare ones may be translations of one
another. No model and no dictionary: what is not here (words) is not looked at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from core import urls
from core.errors import CannotStart
from core.records import Post
from matchers import numerals
from matchers.wording import words_of

SAMPLE = 300  # characters by which the script of a text is told
MOST_TEXT, MOST = 2_500, 48  # characters looked at, anchors kept of one post
VALUE = 80  # characters of an anchor as it is told
GLOSSARY_BYTES, GLOSSARY_NAMES = 4_000_000, 20_000

# Bits an anchor may weigh at most, however rare: what the same matter brings along by itself weighs less than what a
# translator copied. Years and small numbers stand in every text.
KINDS: Mapping[str, float] = {
    "link": 10.0, "media": 12.0, "date": 6.0, "number": 7.0, "tag": 6.0, "handle": 6.0, "name": 7.0, "glossary": 6.0,
}  # fmt: skip

_URL = re.compile(r"(?:https?://|www\.)\S+", re.I)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'’]*(?:[-.][A-Za-z0-9\u00c0-\u024f]+)*[0-9]*")
# the same words, those alone that have more than small letters; and how many there are
_LIKELY = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f0-9'’])(?=[a-z\u00df-\u00f6\u00f8-\u00ff'’.-]*[^a-z\u00df-\u00f6\u00f8-\u00ff'’.\-\W_])"
    + _LATIN.pattern
)
_LONG = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f0-9'’.-]{2,}")
_ENGLISH, _DIGIT = re.compile("[A-Za-z]"), re.compile(r"\d")
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_OTHER = re.compile("[\u0370-\u0dff\u10a0-\u13ff]")
_HANDLE = re.compile(r"(?<![\w@])@[\w.]{2,}")
_TAG = re.compile(r"(?<![\w#])[#＃](\w{2,})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One thing that survives translation: its kind, its value, and where in the text it stands (-1: beside it)."""

    kind: str
    value: str
    at: int = -1
    shown: str = ""  # as it stands in the text, where that differs

    @property
    def key(self) -> str:
        """Return what the index knows it by."""
        return f"{self.kind}:{self.value}"

    def told(self) -> str:
        """Return it as a sentence names it."""
        value = (self.shown or self.value)[:VALUE]
        return value if self.kind in ("number", "date", "link") else f"“{value}”" if self.kind != "media" else "a file"


def anchors(post: Post, glossary: Glossary | None = None) -> tuple[Anchor, ...]:
    """Return the anchors of a post, those of its text in the order they stand there, each once."""
    digests = [media.sha256 for media in post.media]
    return found(words_of(post), post.links, digests, post.tags, post.mentions, glossary)


def found(
    text: str, links: Iterable[str], digests: Iterable[str | None], tags: Iterable[str], mentions: Iterable[str],
    glossary: Glossary | None = None,
) -> tuple[Anchor, ...]:  # fmt: skip
    """Return the anchors of a text and of what stands beside it, those of the text in their order, each once."""
    text = text[:MOST_TEXT]
    bare = _URL.sub(_blank, text) if "://" in text or "www." in text else text
    some: list[Anchor] = [Anchor("link", link) for link in links if urls.host(link) and _page(link)]
    some += [Anchor("media", digest) for digest in digests if digest]
    some += [Anchor("tag", _fold(tag.lstrip("#＃"))) for tag in tags]
    some += [Anchor("handle", _fold(name.lstrip("@"))) for name in mentions]
    plain = bare
    if "@" in bare or "#" in bare or "＃" in bare:
        some += [Anchor("tag", _fold(match.group(1)), match.start()) for match in _TAG.finditer(bare)]
        handles = _HANDLE.finditer(bare)
        some += [Anchor("handle", _fold(match.group()[1:].rstrip(".")), match.start()) for match in handles]
        plain = _TAG.sub(_blank, _HANDLE.sub(_blank, bare))
    some += [Anchor(kind, value, at) for kind, value, at in numerals.numbers(plain)]
    some += [Anchor("name", name, at, shown) for name, at, shown in names(plain)]
    if glossary:
        some += [Anchor("glossary", name, at) for name, at in glossary.found(text)]
    once: dict[str, Anchor] = {}
    for anchor in some:
        if anchor.value:
            once.setdefault(anchor.key, anchor)
    return tuple(once.values())[:MOST]


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def names(text: str) -> list[tuple[str, int, str]]:
    """Return what may be names, by their sound in Latin letters, where each stands, and as it is written.

    In a text of another script every Latin word of three letters; in a Latin text words with a capital, a digit or a
    mark inside, but for those at the start of a sentence. Cyrillic and Greek words with a capital are spelled in Latin.
    """
    sample, likely = text[:SAMPLE], []
    if not sample.isascii() and len(_ENGLISH.findall(sample)) < 3 * len(_DENSE.findall(sample)) + len(
        _OTHER.findall(sample)
    ):
        likely = [match for match in _LATIN.finditer(text) if match.end() - match.start() >= 3]
    else:
        words = [match for match in _LIKELY.finditer(text) if match.end() - match.start() >= 3]
        capitals = sum(match.group()[0].isupper() for match in words)
        headline = 2 * capitals > len(_LONG.findall(text))  # every word with a capital: none says anything
        for match in words:
            word = match.group()
            inside = not headline and word[0].isupper() and not _begins(text, match.start())
            if inside or _marked(word, headline):
                likely.append(match)
    found = [(skeleton(match.group()), match) for match in likely]
    if not text.isascii():
        found += [
            (skeleton(numerals.spelled(match.group())), match)
            for match in numerals.FOREIGN_NAME.finditer(text)
            if not _begins(text, match.start())
        ]
    return [(name, match.start(), match.group()) for name, match in found if len(name) >= 3]


def _marked(word: str, headline: bool) -> bool:
    """Return whether a word has a capital or a digit inside; in a headline, which may shout, a digit."""
    if word.isalpha():
        return not headline and not word[1:].islower()
    return _DIGIT.search(word) is not None or (not headline and not word[1:].islower())


def _begins(text: str, at: int) -> bool:
    """Return whether a sentence begins here."""
    before = text[max(0, at - 4) : at].rstrip(" \t\"'“”‘’«»([—–-")
    return not before or before[-1] in ".!?:…\n¿¡;"


@lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """Return a name by its sound, roughly: accents off, letters that spell one sound alike, each once in a row.

    `Zelenskyy`, `Selenskij` and `Zelensky` should meet; so endings and the softest vowels go.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if c.isalnum())
    for old, new in _SOUNDS:
        plain = plain.replace(old, new)
    kept = "".join(c for n, c in enumerate(plain) if n == 0 or c != plain[n - 1])
    return kept.rstrip("ieaou") if len(kept) > 5 else kept


_SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("tsch", "c"), ("tch", "c"), ("ch", "c"), ("sh", "s"), ("zh", "s"), ("kh", "h"),
    ("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "k"), ("c", "k"), ("q", "k"), ("x", "ks"), ("w", "v"), ("z", "s"),
    ("yy", "i"), ("ij", "i"), ("iy", "i"), ("y", "i"), ("j", "i"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ß", "s"),
)  # fmt: skip


@lru_cache(maxsize=65_536)
def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum() or c in "_.")


def _page(link: str) -> bool:
    return bool(link.split("://", 1)[-1].partition("/")[2])


class Glossary:
    """Names a person listed, each in several scripts: whichever form stands in a text, the anchor is the first."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take each form, folded, with the name it stands for."""
        self.names = dict(names)
        ordered = sorted(self.names, key=lambda form: (-len(form), form))
        self._found = re.compile("|".join(_bounded(form) for form in ordered)) if ordered else None

    @classmethod
    def of(cls, lines: Iterable[str]) -> Glossary:
        """Read lines like `Nord Stream = Северный поток = 北溪`; empty ones and those that begin with # are left out.

        Raises CannotStart where a line names one form only, or there are too many.
        """
        names: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            forms = [" ".join(form.split()).casefold() for form in line.split("=")]
            forms = [form for form in forms if form]
            if not forms or line.lstrip().startswith("#"):
                continue
            if len(forms) < 2:
                raise CannotStart(f"Line {number} of the glossary names one form only; write its forms parted by =.")
            names.update(dict.fromkeys(forms, forms[0]))
        if len(names) > GLOSSARY_NAMES:
            raise CannotStart(f"The glossary has {len(names)} forms; more than {GLOSSARY_NAMES} are not looked for.")
        return cls(names)

    def found(self, text: str) -> list[tuple[str, int]]:
        """Return the names that stand in a text, and where."""
        if self._found is None:
            return []
        return [(self.names[match.group()], match.start()) for match in self._found.finditer(text.casefold())]


def _bounded(form: str) -> str:
    """Return a form as a pattern: as a word of its own in scripts with spaces, anywhere in the others."""
    escaped = re.escape(form)
    dense = any("\u0e00" <= c <= "\u0eff" or "\u1000" <= c <= "\u109f" or c >= "\u3041" for c in form)
    return escaped if dense else rf"(?<!\w){escaped}(?!\w)"
