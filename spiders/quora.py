"""Quora: questions with the answers their pages carry, profiles, Spaces and topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from core.errors import CopytrailError, Gone, Landing, ProfileOnly, SourceChanged
from core.exchange import Response
from core.source import Expect
from spiders import quora_records as records
from spiders.base import Found
from spiders.quora_page import QuoraPage, language_of
from spiders.state import first

_HOST = r"https?://(?:(?:www|m|[a-z]{2})\.)?quora\.com"
_NO_SLUG = (
    r"(?!(?:about|answer|business|careers|contact|content|followers|following|graphql|link|log|login|messages"
    r"|notifications|partners|press|profile|q|qemail|search|sessions|settings|share|signup|sitemap|spaces|stats|topic"
    r"|unanswered)(?:[/?#]|$))"
)
_END = r"/?(?:[?#]\S*)?"
_MORE = r"(?:/[^?#\s]*)?(?:[?#]\S*)?"  # /comments, /log, /share ...
_NO_SPACE = r"(?!(?:www|m|[a-z]{2}|help|log|careers|contests|quorablog|qph|qsf)\.)"


class QuoraQuestion(QuoraPage):
    """One question with the answers its page carries, or one answer of it."""

    id = "quora.question"
    patterns = (
        rf"{_HOST}/(?:unanswered/)?{_NO_SLUG}(?P<question>[^/?#\s]+)(?P<answer>/answers?/[^/?#\s]+)?{_MORE}",
        r"https?://(?:www\.)?qr\.ae/(?P<short>[\w-]+)" + _END,
    )
    names = {"post": "{question}{answer}", "thread": "{question}", "site": "{short}"}
    examples = (
        "https://www.quora.com/Why-did-the-invented-bridge-close",
        "https://es.quora.com/Por-qu%C3%A9-cerr%C3%B3-el-puente-inventado?share=1",
        "https://www.quora.com/Why-did-the-invented-bridge-close/answer/Orla-Invented-3",
        "https://qr.ae/p0Inv3",
    )
    expect = Expect(posts_at_least=1, filled={"text": 1.0})

    def found(self, data: list[Mapping[str, Any]], page: Response) -> Iterator[Found]:
        """Yield the question, then its answers."""
        whole: dict[str, Any] = {}
        for result in data:
            thing = result.get("question") or result
            if isinstance(thing, dict) and thing.get("qid") and whole.get("qid", thing["qid"]) == thing["qid"]:
                whole |= {name: value for name, value in thing.items() if value is not None or name not in whole}
        if whole.get("isDeleted"):
            raise Gone(f"{page.url} was deleted.", url=page.url, status=page.status)
        if whole.get("title"):
            yield records.question(whole, page, language_of(data, page))
        yield from super().found(data, page)

    def is_wanted(self, thing: Mapping[str, Any]) -> bool:
        """Return whether this is the answer that the address names, if it names one."""
        named = self.wanted.parts.get("answer")
        if not named:
            return True
        places = [thing.get(name) for name in ("permaUrl", "url", "permaUrlOnOriginalQuestion")]
        return any(isinstance(at, str) and unquote(urlsplit(at).path).endswith(unquote(named)) for at in places)

    def without(self, data: list[Mapping[str, Any]], page: Response) -> CopytrailError:
        """Return that the page holds no question."""
        return Landing(f"{page.url} holds no question.", url=page.url, status=page.status)


class QuoraProfile(QuoraPage):
    """One person's page, with the answers it carries."""

    id = "quora.profile"
    patterns = (rf"{_HOST}/profile/(?P<handle>[^/?#\s]+)(?:/[^?#\s]*)?(?:[?#]\S*)?",)
    names = {"account": "{handle}"}
    examples = (
        "https://www.quora.com/profile/Orla-Invented-3", "https://www.quora.com/profile/Orla-Invented-3/answers",
        "https://jp.quora.com/profile/Orla-Invented-3",
    )  # fmt: skip

    def found(self, data: list[Mapping[str, Any]], page: Response) -> Iterator[Found]:
        """Yield what the page says of the person, then the answers."""
        for result in data:
            if isinstance(user := result.get("user"), dict):
                if user.get("isDeleted"):
                    raise Gone(f"{page.url} was deleted.", url=page.url, status=page.status)
                yield from self.who(user, page)
        yield from super().found(data, page)

    def without(self, data: list[Mapping[str, Any]], page: Response) -> CopytrailError:
        """Return that a profile without posts is no more than a profile."""
        count = first(data, "numPublicAnswers")
        counted = f" (it counts {count} answers)" if isinstance(count, int) else ""
        if not any(isinstance(result.get("user"), dict) for result in data):
            says = f"{page.url} carries no record of a person (inlineQueryResults.results, user)."
            return SourceChanged(says, url=page.url, status=page.status)
        says = f"{page.url} shows the person and none of their posts{counted}; watch single questions or answers."
        return ProfileOnly(says, url=page.url, status=page.status)


class QuoraFeed(QuoraPage):
    """One Space or topic, with the posts and answers its page carries or shows."""

    id = "quora.feed"
    patterns = (
        rf"{_HOST}/topic/(?P<topic>[^/?#\s]+)(?:/[^?#\s]*)?(?:[?#]\S*)?",
        rf"{_HOST}/q/(?P<space>[^/?#\s]+)(?:/(?P<post>[^/?#\s]+))?{_END}",
        rf"https?://{_NO_SPACE}(?P<space>[\w-]{{1,63}})\.quora\.com(?:/(?P<post>[^/?#\s]+)(?:/[^?#\s]*)?)?{_END}",
    )
    names = {"post": "{space}/{post}", "board": "{space}", "tag": "{topic}"}
    examples = (
        "https://www.quora.com/topic/Invented-Bridges", "https://www.quora.com/q/inventedharbour",
        "https://inventedharbour.quora.com/", "https://inventedharbour.quora.com/The-ferry-that-never-left",
    )  # fmt: skip

    def without(self, data: list[Mapping[str, Any]], page: Response) -> CopytrailError:
        """Return that there is nothing to read."""
        says = f"{page.url} shows no posts to people who are not logged in; watch single questions or posts."
        return Landing(says, url=page.url, status=page.status)
