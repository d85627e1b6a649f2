"""The same page linked to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar

from core import links
from core.records import Post
from matchers import dois
from matchers.base import Matcher, Strength, Verdict, same_account
from matchers.weights import capped, rarity

MAX_LINKS = 50  # of one post; a list of links says little about any of them
_SHOWN = 200  # characters of a link that a sentence quotes
_KEPT = 2_000  # and that are kept beside it: the posts themselves hold all of it
_WORK = "https://doi.org/10."
_SAYS = {"A": 20.0, "B": 16.0, "C": 8.0}  # bits a link says by itself: nobody comes by a page's address by chance


class UrlShared(Matcher):
    """The same page linked to, whatever the link is wrapped in; home pages do not count."""

    id = "url.shared"
    version = "2"
    title = "Same link"
    modality: ClassVar = "link"
    reads: ClassVar = ("links", "text")

    def holds(self, row: Any) -> bool:
        """Return whether a post links to anything, or names a DOI in its text."""
        return bool(row.links) or bool(dois.in_text(row.text))

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the pages and works that the post links to or names, not whole sites."""
        return _pages(tuple(post.links[:MAX_LINKS]), dois.in_text(post.text))

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return which pages both link to; strength A for a DOI, B for a page, C for a section or profile."""
        theirs = set(self.keys(right))
        common = [link for link in self.keys(left) if link in theirs]
        if not common:
            return None
        strengths = [_strength(link) for link in common]
        best: Strength = min(strengths)
        link = common[strengths.index(best)]
        by_same = same_account(left, right)
        shown = _cut(link, _SHOWN)
        what = (
            f"Both posts link to {shown}" if len(common) == 1 else f"Both link to {len(common)} pages, such as {shown}"
        )
        if link.startswith(_WORK):
            what = f"Both posts point to the work {shown}"
        detail = {"links": [_cut(one, _KEPT) for one in common], "same_account": by_same}
        if written := _written(left, right, common):
            detail["as_written"] = written
        return Verdict(1.0, best, f"{what}.{' Both are by the same account.' if by_same else ''}", detail)

    def weigh(self, verdict: Verdict, others: int, posts: int) -> float:
        """Return bits: what so many others of so many posts link to as well says less."""
        return float(capped(rarity(others, posts, _SAYS[verdict.strength]), "link"))


@lru_cache(maxsize=65_536)
def name(link: str) -> str:
    """Return the one name of what a link leads to: its DOI where it has one, else the page."""
    page = links.page(link)
    doi = dois.of_link(page) or (dois.of_link(link) if link[:4].lower() == "doi:" else None)
    return f"https://doi.org/{doi}" if doi else page


@lru_cache(maxsize=65_536)
def _pages(written: tuple[str, ...], works: tuple[str, ...]) -> tuple[str, ...]:
    named = (*map(name, written), *(f"https://doi.org/{doi}" for doi in works))
    return tuple(link for link in dict.fromkeys(named) if _parts(link)[1])


def _written(left: Post, right: Post, common: list[str]) -> dict[str, list[str]]:
    """Return the links as each post wrote them, where they are not what both are called by."""

    def of(post: Post) -> Iterator[str]:
        return (_cut(link, _KEPT) for link in post.links[:MAX_LINKS] if name(link) in common and link != name(link))

    sides = {"left": list(dict.fromkeys(of(left)))[:5], "right": list(dict.fromkeys(of(right)))[:5]}
    return sides if any(sides.values()) else {}


def _cut(link: str, most: int) -> str:
    """Return a link, or so many characters of it and the sign that more follows."""
    return link if len(link) <= most else f"{link[:most]}…"


def _parts(link: str) -> tuple[str, str]:
    """Return host, and path with query; the path is empty for a home page or what is no web address."""
    if not link.startswith(("https://", "http://")):
        return "", ""
    host, _, path = link.split("://", 1)[1].partition("/")
    return host.partition("?")[0], "" if path in ("", "index.html", "index.php") else path


def _strength(link: str) -> Strength:
    _, path = _parts(link)
    if link.startswith(_WORK):
        return "A"
    return "B" if "/" in path.strip("/") or "?" in path or len(path) >= 16 else "C"
