"""Read from an archived page what its maker put in to count readers, to earn or to prove that the site is theirs.

Ids are taken from the bytes of the page as it was captured; nothing is fetched. The forms are those of the services'
own snippets (public; see also bellingcat/wayback-google-analytics). Addresses of people are not read.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal, NamedTuple

from core import markup, urls
from core.links import page as page_of
from matchers.base import Strength, Verdict
from matchers.items import ItemMatcher
from matchers.weights import capped, rarity

MAX_PAGE, MAX_HEAD = 2_000_000, 500_000  # characters read of one page, and of them for its head's elements
MAX_MARKS = 200  # kept of one page
FEW = 4  # sites that hold a mark up to which it supports; beyond it is context
MOST = 12  # sites beyond which it links none: a theme's, a host's or a widget's id
_LONGEST = 300  # characters of a value

Kind = Literal["analytics", "ads", "verification", "account", "favicon", "image", "canonical", "amp"]


class Mark(NamedTuple):
    """What a page holds: kind, the service's value with its name, such as `google UA-1234567`."""

    kind: Kind
    value: str


# (kind, name, needle, pattern). Pages without the needle are not searched, and each pattern begins with fixed letters
# (what must not stand before them is asked after them) and has bounded repeats: time stays linear, and short.
_FORMS: tuple[tuple[Kind, str, str, str], ...] = (
    ("analytics", "google-ua", "UA-", r"(UA-(?<![\w-]UA-)\d{4,10})-\d{1,4}(?![\w-])"),
    ("analytics", "google-ga4", "G-", r"(G-(?<![\w-]G-)(?=[A-Z0-9]{0,9}\d)[A-Z0-9]{8,12})(?![\w-])"),
    ("analytics", "google-tag-manager", "GTM-", r"(GTM-(?<![\w-]GTM-)[A-Z0-9]{5,9})(?![\w-])"),
    ("ads", "google-ads", "AW-", r"(AW-(?<![\w-]AW-)\d{8,12})(?![\w-])"),
    ("ads", "adsense", "pub-", r"(pub-(?<!\wpub-)\d{16})(?!\d)"),
    ("analytics", "yandex-metrika", "mc.yandex.", r"mc\.yandex\.(?:ru|com)/(?:watch|pixel)/(\d{5,10})"),
    ("analytics", "yandex-metrika", "ym(", r"ym\((?<!\wym\()\s{0,5}(\d{5,10})\s{0,5},\s{0,5}[\"']init"),
    ("analytics", "yandex-metrika", "Ya.Metrika", r"Ya\.Metrika2?\(\{\s{0,20}id\s{0,5}:\s{0,5}(\d{5,10})"),
    ("ads", "facebook-pixel", "fbq(", r"fbq\(\s{0,5}[\"']init[\"']\s{0,5},\s{0,5}[\"'](\d{10,20})[\"']"),
    ("ads", "facebook-pixel", "facebook.com/tr", r"facebook\.com/tr/?\?id=(\d{10,20})"),
    ("analytics", "hotjar", "hjid", r"hjid\s{0,5}[:=]\s{0,5}(\d{5,9})"),
    ("analytics", "clarity", "clarity.ms/tag/", r"clarity\.ms/tag/([a-z0-9]{8,12})\b"),
    ("analytics", "clarity", "clarity", r"clarity[\"'],\s{0,5}[\"']script[\"'],\s{0,5}[\"']([a-z0-9]{8,12})[\"']"),
    ("analytics", "baidu", "hm.baidu.com/h", r"hm\.baidu\.com/h(?:m)?\.js\?([0-9a-f]{32})"),
    ("analytics", "cnzz", "cnzz.com", r"cnzz\.com/[\w./]{0,60}?[?&](?:web_)?id=(\d{6,12})"),
    ("ads", "tiktok-pixel", "ttq.load(", r"ttq\.load\(\s{0,5}[\"']([A-Z0-9]{18,22})[\"']"),
    ("ads", "vk-pixel", "VK-RTRG-", r"(VK-RTRG-\d{5,9}-\w{3,8})\b"),
    ("analytics", "liveinternet", "counter.yadro.ru/hit;", r"counter\.yadro\.ru/hit;(\w{3,40})"),
    ("analytics", "mail.ru", "_tmr", r"_tmr[^;]{0,60}?[\"']?id[\"']?\s{0,3}:\s{0,3}[\"'](\d{5,9})[\"']"),
    ("analytics", "quantcast", "qacct", r"qacct\s{0,3}[:=]\s{0,3}[\"'](p-[\w-]{13})[\"']"),
    ("account", "addthis", "#pubid=", r"#pubid=([\w-]{4,60})"),
    ("account", "addthis", "addthis_config",
     r"addthis_config[^}]{0,200}?username[\"']?\s{0,3}:\s{0,3}[\"']([\w-]{4,60})"),
    ("account", "sharethis", "sharethis.com/js/", r"sharethis\.com/js/sharethis\.js#property=([0-9a-f]{16,40})"),
    ("account", "disqus", ".disqus.com/e", r"//([a-z0-9][a-z0-9-]{2,50})\.disqus\.com/embed\.js"),
    ("account", "disqus", "disqus_shortname", r"disqus_shortname\s{0,5}=\s{0,5}[\"']([\w-]{3,60})[\"']"),
    ("account", "onesignal", "appId",
     r"appId[\"']?\s{0,3}:\s{0,3}[\"']([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"),
)  # fmt: skip
_PATTERNS = tuple((kind, name, needle, re.compile(pattern)) for kind, name, needle, pattern in _FORMS)
_MATOMO_SITE = re.compile(r"setSiteId[\"']\s{0,5},\s{0,5}[\"']?(\d{1,6})")
_MATOMO = re.compile(r"(?:matomo|piwik)\.(?:php|js)")
_MATOMO_HOST = re.compile(r"//([\w.-]{4,100})/")
_AMAZON_TAG = re.compile(r"[?&](?:amp;)?tag=([a-z0-9-]{3,40}-2\d)(?![\w-])", re.I)
_BEFORE = 300  # characters before a tag or script name in which its address must begin
_VERIFICATIONS = {
    "google-site-verification": "google", "yandex-verification": "yandex", "facebook-domain-verification": "facebook",
    "msvalidate.01": "bing", "baidu-site-verification": "baidu", "naver-site-verification": "naver",
    "p:domain_verify": "pinterest", "wmail-verification": "mail.ru", "mailru-domain": "mail.ru",
    "fb:app_id": "facebook-app", "zen-verification": "dzen", "sogou_site_verification": "sogou",
    "360-site-verification": "360",
}  # fmt: skip
_PLACEHOLDER = re.compile(r"(?i)x{3,}|0{6,}|(\d)\1{6,}|1234567|your[-_]|example|abcdefg|changeme|insert")
# Ids of hosting platforms themselves, which stand in every page they serve, are known by their hosts instead: pages on
# these are of their users, and share whatever the platform puts in.
_PLATFORMS = frozenset(
    [
        "blogspot.com",
        "blogger.com",
        "medium.com",
        "wordpress.com",
        "tumblr.com",
        "wixsite.com",
        "wix.com",
        "weebly.com",
        "substack.com",
        "quora.com",
        "livejournal.com",
        "facebook.com",
        "youtube.com",
        "x.com",
        "twitter.com",
        "reddit.com",
        "instagram.com",
        "tiktok.com",
        "vk.com",
        "ok.ru",
        "t.me",
        "github.io",
        "gitlab.io",
        "netlify.app",
        "vercel.app",
        "pages.dev",
        "web.app",
        "firebaseapp.com",
        "herokuapp.com",
        "squarespace.com",
        "ghost.io",
        "webflow.io",
        "jimdo.com",
        "jimdosite.com",
        "strikingly.com",
        "carrd.co",
        "notion.site",
        "typepad.com",
        "over-blog.com",
        "skyrock.com",
        "ucoz.ru",
        "narod.ru",
        "tilda.ws",
        "livedoor.blog",
        "ameblo.jp",
        "hatenablog.com",
        "fc2.com",
        "note.com",
        "naver.com",
        "tistory.com",
        "weibo.com",
        "zhihu.com",
        "dzen.ru",
        "pinterest.com",
        "soundcloud.com",
        "vimeo.com",
        "dailymotion.com",
        "disqus.com",
        "linktr.ee",
        "telegra.ph",
        "google.com",
        "archive.org",
        "archive.today",
        "translate.goog",
    ]
)


_REFRESH = re.compile(r"\s{0,9}(?:\d|10)(?:\.\d{0,3})?\s{0,9}[;,]\s{0,9}url\s{0,9}=(.{1,4000})", re.I | re.S)


class SiteMarks(ItemMatcher):
    """Sites whose archived pages hold one id, code or picture."""

    id = "site.marks"
    title = "Sites with one id"
    modality: ClassVar = "site"
    max_holders: ClassVar[int] = MOST


class SiteLookalike(ItemMatcher):
    """Sites whose names look alike."""

    id = "site.lookalike"
    title = "Look-alike domains"
    modality: ClassVar = "site"


def read(html: str, url: str) -> tuple[Mark, ...]:
    """Return what a page holds, in a fixed order and once each; hostile pages cost bounded time."""
    html = html[:MAX_PAGE]
    found: dict[Mark, None] = {}
    for mark in (*_heads(html, url), *_ids(html)):
        if len(mark.value) <= _LONGEST:
            found.setdefault(mark)
        if len(found) >= MAX_MARKS:
            break
    return tuple(found)


def _ids(html: str) -> Iterator[Mark]:
    for kind, name, needle, pattern in _PATTERNS:
        if needle not in html:
            continue
        for number, match in enumerate(pattern.finditer(html)):
            if number >= MAX_MARKS:
                break
            if not _PLACEHOLDER.search(match[1]):
                yield Mark(kind, f"{name} {match[1]}")
    for match in itertools.islice(_AMAZON_TAG.finditer(html), MAX_MARKS) if "tag=" in html else ():
        if "amazon." in html[max(0, match.start() - _BEFORE) : match.start()].lower():
            yield Mark("account", f"amazon-affiliate {match[1].lower()}")
    yield from _matomo(html)


def _matomo(html: str) -> Iterator[Mark]:
    """Yield the host of a Matomo and the number of the site on it, which only together name anything."""
    number = _MATOMO_SITE.search(html) if "setSiteId" in html else None
    for script in itertools.islice(_MATOMO.finditer(html), 5) if number else ():
        hosts = _MATOMO_HOST.findall(html, max(0, script.start() - _BEFORE), script.start())
        if number and hosts:
            yield Mark("analytics", f"matomo {hosts[-1].lower()} {number[1]}")
            return


def _heads(html: str, url: str) -> Iterator[Mark]:
    """Yield verification codes, and the addresses a page gives for itself."""
    for given in markup.elements(html[:MAX_HEAD], {"meta", "link"}):
        if given[""] == "meta":
            name = (given.get("name") or given.get("property") or "").strip().lower()
            value = given.get("content", "").strip()
            if name in _VERIFICATIONS and 4 <= len(value) <= 200 and not _PLACEHOLDER.search(value):
                yield Mark("verification", f"{_VERIFICATIONS[name]} {value}")
            continue
        rel = given.get("rel", "").lower().split()
        address = markup.absolute(given.get("href"), url)
        if address is None:
            continue
        if "canonical" in rel:
            yield Mark("canonical", page_of(address))
        elif "amphtml" in rel:
            yield Mark("amp", page_of(address))
        elif "icon" in rel:
            yield Mark("favicon", address)


def refreshed(html: str, url: str) -> str | None:
    """Return where a page sends its readers by itself within ten seconds (meta refresh), or None."""
    for given in markup.elements(html[:100_000], {"meta"}):
        if given.get("http-equiv", "").strip().lower() == "refresh":
            found = _REFRESH.match(given.get("content", "")[:4_000])
            if found:
                return markup.absolute(found[1].strip().strip("'\""), url)
    return None


def platform_of(host: str) -> str | None:
    """Return the platform a host is of, whose users share what it puts into their pages; None for a site of its own."""
    labels = host.split(".")
    return next((name for at in range(len(labels)) if (name := ".".join(labels[at:])) in _PLATFORMS), None)


def is_platform(host: str) -> bool:
    """Return whether a host is of a platform."""
    return platform_of(host) is not None


def is_platforms_own(hosts: Iterable[str]) -> bool:
    """Return whether what these hosts hold is a platform's rather than theirs: two of its users hold it."""
    counts = Counter(platform_of(host) for host in set(hosts))
    return any(number > 1 for platform, number in counts.items() if platform is not None)


def shared(left: str, right: str, mark: Mark, holders: int, sites: int) -> tuple[Verdict, float] | None:
    """Return what one mark on two hosts says, and its bits; None where it says nothing.

    `holders` of `sites` captured have it. Hosts of one owner's domain, and two of platforms, are not compared.
    """
    if holders > MOST or urls.registrable_domain(left) == urls.registrable_domain(right):
        return None
    platforms = [found for host in (left, right) if (found := platform_of(host))]
    if len(platforms) == 2:
        return None
    rare = holders <= FEW and not platforms and mark.kind in ("analytics", "ads", "verification")
    strength: Strength = "B" if rare else "C"
    says = {"favicon": 6.0, "image": 6.0}.get(mark.kind, 14.0)
    bits = float(capped(rarity(max(0, holders - 2), sites, says), SiteMarks.modality)) * (2.0 / max(2, holders))
    others = "does one other site" if holders == 3 else f"do {holders - 2} other sites"
    more = "" if holders <= 2 else f", as {others} captured here"
    sentence = f"Archived pages of {left} and {right} hold {_named(mark)}{more}."
    if platforms:
        bits /= 4
        sentence += f" {platforms[0]} puts ids of its own into its users' pages, and this may be one."
    sentence += " This is consistent with shared management, and as well with a copied page or template."
    detail: dict[str, Any] = {"kind": mark.kind, "value": mark.value, "holders": holders, "sites": sites}
    return Verdict(1.0, strength, sentence, detail), round(bits, 2)


def _named(mark: Mark) -> str:
    service, _, value = mark.value.partition(" ")
    if mark.kind in ("favicon", "image"):
        digest = mark.value.removeprefix("sha256 ")[:16]
        return f"one {'icon' if mark.kind == 'favicon' else 'picture'} (SHA-256 {digest}…)"
    kinds = {"analytics": "analytics id", "ads": "ads id", "verification": "verification code", "account": "account"}
    return f"the {service} {kinds[mark.kind]} {value}"
