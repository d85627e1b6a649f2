"""What a public edition hides: strings that were named, and kinds of strings known by their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from core.redact import HIDDEN
from evidence.letters import fold

_CHANCE = 6  # letters and digits of an id; a shorter one stands anywhere in bytes that are no text
_HEX = re.compile(r"[0-9a-f]{1,11}")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_PIECES = re.compile(rf"[{_WIDE}]|[^\W_{_WIDE}]+")
_LETTER = rf"[^\W_{_WIDE}]"  # scripts without blanks between words have no bounds of words
_IS_LETTER = re.compile(_LETTER)
_LEGACY = (
    "gb18030", "big5hkscs", "shift_jis", "euc_jp", "euc_kr", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp1257", "koi8-r", "koi8-u", "iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8",
    "mac-roman", "mac-cyrillic", "cp866", "cp874", "utf-8", "utf-16-le", "utf-16-be",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A string to hide: its cover, the rule it goes by; `whole` where it counts only as a word of its own."""

    text: str
    cover: str
    rule: str
    whole: bool = False

    @cached_property
    def parts(self) -> list[str]:
        """The words of it, folded; a letter of a script without blanks is a word."""
        plain = fold(self.text)
        return _PIECES.findall(plain) or [plain.strip()]

    @cached_property
    def probe(self) -> str:
        """Something that stands in every folded text the string stands in."""
        return max(self.parts, key=lambda part: (len(part) > 3 and any(c.isdigit() for c in part), len(part)))

    @cached_property
    def probe_bytes(self) -> bytes:
        """The probe in UTF-8."""
        return self.probe.encode("utf-8", "surrogatepass")

    def may_stand_in(self, plain: str) -> bool:
        """Return whether all its words stand somewhere in a folded text: quick, and no where it is mostly not."""
        return all(part in plain for part in self._rarest)

    @cached_property
    def _rarest(self) -> list[str]:
        return sorted(set(self.parts), key=lambda part: (not any(c.isdigit() for c in part), -len(part)))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """What finds it: it begins with letters, which are looked for ten times as fast as a bound before them."""
        return re.compile(joined(self.parts) + (rf"(?!{_LETTER})" if self.whole else ""))

    def spans(self, plain: str) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a folded text; up to three characters that are none of a word may part its words."""
        found = self._pattern.search(plain)
        while found is not None:
            start, end = found.span()
            if not self.whole or not start or not _IS_LETTER.match(plain, start - 1):
                yield start, end
                found = self._pattern.search(plain, end)
            else:
                found = self._pattern.search(plain, start + 1)

    @cached_property
    def least_packed(self) -> int:
        """How many characters of base64 at least hold it, 16 at most: longer runs may hold it in another form."""
        size = sum(1 if c.isascii() else 2 for part in self.parts for c in part)
        return max(6, min(16, size * 8 // 6))

    @cached_property
    def is_hex(self) -> bool:
        """Whether a digest or an id may hold it by chance."""
        return len(self.parts) == 1 and _HEX.fullmatch(self.parts[0]) is not None

    @cached_property
    def is_slight(self) -> bool:
        """Whether it is so short an id that packed bytes and glued words hold it by chance."""
        letters = sum(map(len, self.parts))
        return self.whole and (letters < 4 or (letters < _CHANCE and any(c.isdigit() for c in self.probe)))

    @cached_property
    def misread(self) -> list[str]:
        """What the string looks like where bytes of another charset were read one by one."""
        found: set[str] = set()
        if self.text.isascii():
            return []
        for form in {self.text, self.text.lower(), self.text.upper(), self.text.title()}:
            for codec in _LEGACY:
                try:
                    raw = form.encode(codec)
                except UnicodeError:
                    continue
                if len(raw) >= 4 and ("16" in codec or not raw.isascii()):
                    found.add(raw.decode("latin-1"))
        return sorted(found)


def joined(parts: Sequence[str]) -> str:
    """Return the pattern of words, folded, with what may stand between them."""
    out = re.escape(parts[0])
    for before, part in pairwise(parts):
        wide = re.fullmatch(f"[{_WIDE}]", before) and re.fullmatch(f"[{_WIDE}]", part)
        out += (r"[\s\u00b7\u30fb]?" if wide else r"[\W_]{0,3}") + re.escape(part)
    return out


@dataclass(frozen=True)
class Pattern:
    """A kind of string to hide wherever it stands, known by its form: the group `it` of `find`, or the whole match.

    One of `probes` (lower case) stands in every text it stands in; `find` never matches its own cover.
    """

    rule: str
    probes: tuple[str, ...]
    find: re.Pattern[str]
    cover: str = HIDDEN
    hint: re.Pattern[str] | None = None  # found wherever `find` is, and begins with a letter, which is quick

    @cached_property
    def probe_bytes(self) -> tuple[bytes, ...]:
        """The probes, for bytes that were not read as text."""
        return tuple(probe.encode() for probe in self.probes)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a text."""
        group = "it" if "it" in self.find.groupindex else 0
        return (m.span(group) for m in self.find.finditer(text))
