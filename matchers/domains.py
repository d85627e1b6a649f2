"""Domains that look like another: the same name under another ending, with look-alike letters, a word more, a slip.

Only names are compared. How much a resemblance says depends on how easily it comes about without any link: a long name
is rare, three letters or a plain word are not; each way to differ costs the bits that the number of such ways has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log2
from typing import NamedTuple

from core import urls
from matchers.base import Strength, Verdict
from matchers.fold import folded

LEAST = 5.0  # bits below which nothing is said; set on 194,000 domains of others (benchmarks/domains.py)
STRONG = 9.0  # bits from which a name is rare enough to support by itself
_MOST_LABEL = 63  # RFC 1035
_LETTER = 2.0  # bits a letter of a name says: names are words, and many are taken
_NEW = 3.0  # bits of an ending few sites use: one in eight domains or fewer has one
_SHORT = 3  # letters of a name; there are too few names as short for one to say anything
_ORDINARY, _MOST_ORDINARY = 0.4, 3.0  # bits a letter of an ordinary word says, and all of it at most

# Endings that established sites have everywhere; whoever bears the same name under one has often long been there.
_COMMON = frozenset(
    [
        "com",
        "net",
        "org",
        "info",
        "edu",
        "gov",
        "int",
        "eu",
        "co.uk",
        "com.au",
        "com.br",
        "co.jp",
        "co.za",
        "co.in",
        "com.cn",
        "com.tr",
        "com.mx",
    ]
)
_COUNTRIES = frozenset(
    [
        "de",
        "fr",
        "uk",
        "it",
        "es",
        "nl",
        "be",
        "ch",
        "at",
        "pl",
        "cz",
        "sk",
        "hu",
        "ro",
        "bg",
        "gr",
        "rs",
        "hr",
        "si",
        "lt",
        "lv",
        "ee",
        "fi",
        "se",
        "no",
        "dk",
        "is",
        "ua",
        "by",
        "ru",
        "kz",
        "tr",
        "il",
        "ir",
        "in",
        "pk",
        "cn",
        "hk",
        "tw",
        "jp",
        "kr",
        "sg",
        "my",
        "id",
        "ph",
        "th",
        "vn",
        "mx",
        "ar",
        "br",
        "cl",
        "pe",
        "za",
        "ng",
        "ke",
        "ca",
        "us",
        "au",
        "nz",
        "ie",
        "pt",
        "lu",
    ]
)
_WORDS = frozenset(
    [
        "news",
        "online",
        "tv",
        "media",
        "live",
        "today",
        "press",
        "official",
        "net",
        "world",
        "daily",
        "info",
        "breaking",
        "update",
        "updates",
        "report",
        "reports",
        "post",
        "journal",
        "times",
        "web",
        "site",
        "international",
        "global",
        "english",
        "en",
        "eng",
        "portal",
        "plus",
        "fm",
        "radio",
        "channel",
        "hd",
        "live24",
        "24",
        "365",
        "now",
        "mag",
        "magazine",
        "app",
        "mobile",
        "amp",
        "blog",
        "the",
        "my",
        "real",
        "new",
    ]
)
_LIKE = {"0": "o", "1": "l", "3": "e", "5": "s", "i": "l", "q": "g", "8": "b"}
_RUNS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# Services that show other sites' pages under their names, with the address inside the host.
_PROXIES = (
    "translate.goog",
    "cdn.ampproject.org",
    "turbopages.org",
    "archive.org",
    "edgekey.net",
    "cdn.cloudflare.net",
)


class Site(NamedTuple):
    """A host taken apart: registrable domain, its name without and its ending, and what stands before."""

    host: str
    domain: str
    label: str  # the name, in Unicode
    ending: str
    before: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """That a site's name is like a known one: by which way, and the bits this says."""

    known: str
    way: str
    bits: float


@lru_cache(maxsize=65_536)
def site(host: str) -> Site | None:
    """Return a host taken apart; None where it is no name in the public system (a number, a bare word)."""
    name = host.strip().strip(".").lower()[:253]
    name = name.removeprefix("www.")
    domain = urls.registrable_domain(name)
    label, dot, ending = domain.partition(".")
    if not dot or not label or ending.rpartition(".")[2].isdigit() or len(label) > _MOST_LABEL:
        return None
    return Site(name, domain, _unicode(label), ending, name[: -len(domain)].rstrip("."))


def _unicode(label: str) -> str:
    """Return a label as it is shown; what is no valid punycode stays as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")[:_MOST_LABEL].lower()
    except (UnicodeError, ValueError, OverflowError):
        return label


def skeleton(label: str) -> str:
    """Return a name with letters and digits that look alike made one; hyphens go."""
    plain = folded(label.replace("-", "").replace("@", "")) if not label.isascii() else label.replace("-", "")
    for run, one in _RUNS:
        plain = plain.replace(run, one)
    return "".join(_LIKE.get(char, char) for char in plain)


class Known:
    """Names to compare with: each outlet's domains, looked up by what a look-alike would have in common with them."""

    def __init__(self, groups: Iterable[Iterable[str]], ordinary: Iterable[str] = ()) -> None:
        """Take in groups of domains; those of one group belong together and are never told as like one another."""
        self.group: dict[str, int] = {}
        self.ordinary = {word.replace("-", "").lower() for word in ordinary}
        self._names: dict[str, list[Site]] = {}
        self._skeletons: dict[str, list[Site]] = {}
        self._slips: dict[str, list[Site]] = {}
        for number, group in enumerate(groups):
            for known in filter(None, map(site, group)):
                self.group[known.host] = number
                if not known.before:  # of `news.portal.example` only the whole address is known, not the portal's name
                    self._take(known)

    def _take(self, known: Site) -> None:
        plain = known.label.replace("-", "")
        if len(plain) < _SHORT or (len(plain) <= _SHORT and plain in self.ordinary):
            return
        self._names.setdefault(plain, []).append(known)
        self._skeletons.setdefault(skeleton(known.label), []).append(known)
        for slip in _deletions(plain) if plain not in self.ordinary else ():
            self._slips.setdefault(slip, []).append(known)

    def like(self, host: str) -> list[Likeness]:
        """Return the known names a host looks like, the strongest at the head; none for a known site itself."""
        other = site(host)
        if other is None:
            return []
        found: dict[str, Likeness] = {}
        own = self.group.get(other.domain, -1)
        for known, way, bits in (*self._by_name(other), *self._by_host(other)):
            same = own >= 0 and known.domain in self.group  # two well-known sites: each has its name by right
            if known.domain != other.domain and not same and bits >= LEAST:
                before = found.get(known.domain)
                if before is None or before.bits < bits:
                    found[known.domain] = Likeness(known.domain, way, round(bits, 2))
        return sorted(found.values(), key=lambda like: (-like.bits, like.known))[:5]

    def _by_name(self, other: Site) -> Iterator[tuple[Site, str, float]]:
        plain = other.label.replace("-", "")
        ending = _ending(other.ending)
        yield from self._by_addition(other.label, ending)
        yield from self._by_slip(plain, ending)
        for known in self._names.get(plain, ()):
            hyphen = other.label != known.label
            way = "the same name but for a hyphen" if hyphen else "the same name under another ending"
            yield known, way, self._says(known) + ending - hyphen
        for known in self._skeletons.get(skeleton(other.label), ()):
            if plain != known.label.replace("-", "") and len(plain) > _SHORT:
                yield known, "the same name with letters that look alike", self._says(known, strange=True) + ending - 2

    def _by_addition(self, label: str, ending: float) -> Iterator[tuple[Site, str, float]]:
        """Yield names of which a label is one with something added."""
        for way, rest, cost in _stripped(label):
            for known in self._names.get(rest, ()):
                if way != "country" or _has(known, label, rest):
                    strange = way in ("country", "double")
                    yield known, _WAYS[way], self._says(known, strange=strange) + ending - cost

    def _by_slip(self, plain: str, ending: float) -> Iterator[tuple[Site, str, float]]:
        """Yield names one letter away (put in, left out, changed, two changed places)."""
        if not 4 <= len(plain) <= _MOST_LABEL or plain in _WORDS or plain in self.ordinary:
            return
        for slip in _deletions(plain):
            for known in self._slips.get(slip, ()):
                name = known.label.replace("-", "")
                if name != plain and _one_slip(plain, name):
                    cost = log2(52 * len(name)) + (0.0 if ending else 2.0)
                    yield known, "the same name but for one letter", self._says(known) + ending - cost

    def _by_host(self, other: Site) -> Iterator[tuple[Site, str, float]]:
        """Yield known domains that stand whole before another one (`www.outlet.com.other.example`)."""
        if not other.before or other.domain in _PROXIES or other.domain.endswith(_PROXIES):
            return
        for part in {other.before, other.before.replace("-", ".")}:
            labels = part.split(".")[-12:]
            for at in range(len(labels) - 1):
                for end in range(at + 2, min(at + 4, len(labels)) + 1):
                    name = ".".join(labels[at:end])
                    if name in self.group and (known := site(name)):
                        yield known, "the whole address of it before another domain", 12.0

    def _says(self, known: Site, *, strange: bool = False) -> float:
        """Return the bits of a name; `strange` for a spelling that is no ordinary word even where the name is."""
        plain = known.label.replace("-", "")
        bits = _LETTER * (min(len(plain), 11) - 1)
        if plain not in self.ordinary or (strange and len(plain) >= 4):
            return bits
        return min(_MOST_ORDINARY, _ORDINARY * len(plain)) if len(plain) > 5 else 0.0  # short words are everywhere


_WAYS = {
    "word": "the same name with a word added",
    "token": "the same name with something added after a hyphen",
    "country": "the same name with its own ending written into it",
    "double": "the same name with a letter doubled",
}


def _stripped(label: str) -> Iterator[tuple[str, str, float]]:
    """Yield (way, what is left, bits it costs) of a label without what may have been added to a name."""
    plain = label.replace("-", "")
    for word in _WORDS:
        if plain.endswith(word) and len(plain) > len(word) + 2:
            yield "word", plain[: -len(word)], 7.0
        if plain.startswith(word) and len(plain) > len(word) + 2:
            yield "word", plain[len(word) :], 7.0
    tokens = label.split("-")
    if 2 <= len(tokens) <= 4:
        for rest in ("".join(tokens[:-1]), "".join(tokens[1:])):
            if len(rest) >= 4:
                yield "token", rest, 9.0
    for size in (2, 3):
        if len(plain) > size + 2:
            yield "country", plain[:-size], 2.0
            yield "country", plain[size:], 3.0
    for at in range(1, len(plain)):
        if plain[at] == plain[at - 1]:
            yield "double", plain[:at] + plain[at + 1 :], 4.0


def _has(known: Site, label: str, rest: str) -> bool:
    """Return whether what was added to a name is the country or ending of the known site."""
    plain = label.replace("-", "")
    added = plain[len(rest) :] if plain.startswith(rest) else plain[: len(plain) - len(rest)]
    return added in known.ending.split(".")


def _ending(ending: str) -> float:
    return 0.0 if ending in _COMMON or ending.rpartition(".")[2] in _COUNTRIES else _NEW


def _deletions(name: str) -> set[str]:
    return {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))}


def _one_slip(one: str, two: str) -> bool:
    """Return whether one letter put in, left out or changed, or two changed places, make one name of the other.

    Not the first: names are read from their beginning, and words that differ there are seldom taken for one another.
    """
    if abs(len(one) - len(two)) > 1 or one[0] != two[0]:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    if len(one) == len(two):
        swapped = one[start : start + 2] == two[start : start + 2][::-1] and one[start + 2 :] == two[start + 2 :]
        return one[start + 1 :] == two[start + 1 :] or swapped
    short, long = sorted((one, two), key=len)
    return short[start:] == long[start + 1 :]


def verdict(host: str, like: Likeness) -> Verdict:
    """Return what is said of a host whose name is like a known one."""
    strength: Strength = "B" if like.bits >= STRONG else "C"
    shown = host.removeprefix("www.")
    sentence = f"{shown} looks like {like.known}: {like.way}. This says nothing of who runs it."
    detail: Mapping[str, object] = {"known": like.known, "way": like.way, "bits_before_ceiling": like.bits}
    return Verdict(min(1.0, round(like.bits / 20, 3)), strength, sentence, detail)
