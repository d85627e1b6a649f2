"""The same page linked to."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from core import urls
from core.records import Post
from matchers.base import Matcher, Strength, Verdict, same_account

MAX_LINKS = 50  # of one post; a list of links says little about any of them
_DOI_HOSTS = ("doi.org", "dx.doi.org")


class UrlShared(Matcher):
    """The same page linked to, tracking parameters set aside; home pages do not count."""

    id = "url.shared"
    title = "Same link"
    modality: ClassVar = "link"
    reads: ClassVar = ("links",)

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the canonical links of the post that name a page, not a whole site."""
        return _pages(tuple(post.links[:MAX_LINKS]))

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
        what = f"Both posts link to {link}" if len(common) == 1 else f"Both link to {len(common)} pages, such as {link}"
        detail = {"links": common, "same_account": by_same}
        return Verdict(1.0, best, f"{what}.{' Both are by the same account.' if by_same else ''}", detail)


_canonical = lru_cache(maxsize=65_536)(urls.canonical)  # one link stands in many posts


@lru_cache(maxsize=65_536)
def _pages(links: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(link for link in dict.fromkeys(map(_canonical, links)) if _parts(link)[1])


def _parts(link: str) -> tuple[str, str]:
    """Return host, and path with query; the path is empty for a home page or what is no web address."""
    if not link.startswith(("https://", "http://")):
        return "", ""
    host, _, path = link.split("://", 1)[1].partition("/")
    return host.partition("?")[0], "" if path in ("", "index.html", "index.php") else path


def _strength(link: str) -> Strength:
    host, path = _parts(link)
    if host in _DOI_HOSTS and path.startswith("10."):
        return "A"
    return "B" if "/" in path.strip("/") or "?" in path or len(path) >= 16 else "C"
