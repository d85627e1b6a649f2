"""Telegram: public channels through the preview everybody may open, single messages through their widget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from core.errors import CopytrailError, Gone, Landing, LoginWall, NotAChannel, NotRecorded, SourceChanged
from core.exchange import Response
from core.source import Cursor, CursorSpec, Expect, Kind, Source, Target, Yielded
from spiders.base import Ask, Found, PageSource
from spiders.facts import facts, tree_of
from spiders.telegram_messages import channel_profile, message, messages, stated, with_class

_HOST = r"https?://(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)"
_OWN = (  # what stands in the place of a name and is none
    r"(?:addemoji|addlist|addstickers|addtheme|apps|auth|bg|boost|call|confirmphone|contact|giftcode|invoice|iv"
    r"|joinchat|login|msg|nft|proxy|setlanguage|share|socks|web)(?:[/?#]|$)"
)
_NAME = rf"(?!{_OWN})(?P<name>[A-Za-z]\w{{2,31}})"
_END = r"/?(?:[?#]\S*)?"
_TG = r"tg:(?://)?resolve/?\?"


class _Telegram(PageSource):
    """What the sources of Telegram share: what a page without messages stands for."""

    title = "Telegram"
    requests_per_minute = 20.0
    fields = ("text", "published", "author", "links", "tags", "media", "metrics", "repost_of", "reply_to")
    retention = "the terms name none; what a channel deletes is gone from its preview too"

    def landing(self, tree: Any, name: str, page: Response) -> Iterator[Found]:
        """Raise what a page that holds no messages stands for; a channel or group shows what it is first."""
        url = f"https://t.me/{name}"
        extra = " ".join("".join(tree.xpath(f"//*[{with_class('tgme_page_extra')}]//text()")).split())
        if not tree.xpath(f"//*[{with_class('tgme_page')}]"):
            raise SourceChanged(f"{page.url} is no page of Telegram as known; see it in a browser.", url=page.url)
        if not tree.xpath(f"//*[{with_class('tgme_page_title')}]"):
            raise Gone(f"Nobody on Telegram is called {name}.", url=url, status=page.status)
        if extra.startswith("@"):  # a person or a program to talk to: nothing of it is kept
            raise NotAChannel(f"{url} is a person or a program to talk to, no channel.", url=url, status=page.status)
        if shown := channel_profile(tree, name, page):
            yield shown
        if tree.xpath("//a[starts-with(@href, '/s/') or starts-with(@href, 'https://t.me/s/')]"):
            says = f"{url} is the front of a channel and holds no messages; they are at https://t.me/s/{name}."
            raise Landing(says, url=url, status=page.status)
        raise LoginWall(
            f"{url} shows its messages in the app only ({extra or 'no preview'}); it is not joined.", url=url,
            status=page.status,
        )  # fmt: skip


class TelegramChannel(_Telegram):
    """Messages of one public channel from its web preview, newest page first; forwarded ones name their source."""

    id = "telegram.channel"
    patterns = (
        rf"{_HOST}/(?:s/)?{_NAME}{_END}",
        rf"https?://(?!www\.)(?P<name>[A-Za-z]\w{{2,31}})\.t\.me{_END}",
        rf"{_TG}(?!\S*(?:&|\?)post=)(?:[^#\s&]{{1,200}}&){{0,5}}domain=(?P<name>[A-Za-z]\w{{2,31}})(?:&\S*)?",
    )
    examples = (
        "https://t.me/somechannel", "https://t.me/s/somechannel", "https://telegram.me/somechannel",
        "https://somechannel.t.me/", "tg://resolve?domain=somechannel",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{name}"}
    cursor = CursorSpec(order="newest_first")
    pages_at_most = 2_000  # 40,000 messages
    steps_at_most = 2_000
    expect = Expect(filled={"published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the newest page of the preview; a search within the channel keeps its phrase."""
        name = target.parts["name"]
        phrase = parse_qs(urlsplit(target.url).query).get("q", [""])[0] if target.url.startswith("http") else ""
        asked = {"q": phrase} if phrase else {}
        return [Ask(_page(name, asked), about={"name": name, "asked": asked})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the messages of a page in its order, then ask for the one before it."""
        tree = tree_of(page.text)
        name = ask.about["name"]
        if not tree.xpath(f"//*[{with_class('tgme_channel_info')} or {with_class('tgme_channel_history')}]"):
            yield from self.landing(tree, name, page)
            return
        if ask.step == "page" and (shown := channel_profile(tree, name, page)):
            yield shown
        posts = [message(node, page) for node in messages(tree)]
        yield from posts
        older = tree.xpath("//a[@data-before]/@data-before")
        before = str(older[0]) if older else ""
        if before.isdecimal() and before != ask.about.get("before") and not self.cursor_now.covers(posts):
            about = {**ask.about, "before": before}
            yield Ask(_page(name, {**ask.about["asked"], "before": before}), step="older", about=about)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Look at the front page where a capture holds no preview."""
        if ask.step == "page" and isinstance(error, NotRecorded):
            yield Ask(f"https://t.me/{ask.about['name']}", step="front", about=ask.about)
            return
        raise error


class TelegramPost(_Telegram):
    """One message of a public channel from its widget, with views, media, poll and where it was forwarded from."""

    id = "telegram.post"
    patterns = (
        rf"{_HOST}/(?:s/)?{_NAME}/(?:\d{{1,20}}/)?(?P<post>\d{{1,20}}){_END}",
        rf"https?://(?!www\.)(?P<name>[A-Za-z]\w{{2,31}})\.t\.me/(?:\d{{1,20}}/)?(?P<post>\d{{1,20}}){_END}",
        rf"{_TG}(?:[^#\s&]{{1,200}}&){{0,5}}domain=(?P<name>[A-Za-z]\w{{2,31}})&post=(?P<post>\d{{1,20}})(?:&\S*)?",
    )
    examples = (
        "https://t.me/somechannel/123", "https://t.me/somechannel/123?single", "https://t.me/s/somechannel/123",
        "tg://resolve?domain=somechannel&post=123",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{name}/{post}"}
    one_answer = True

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the widget of the message."""
        name, number = target.parts["name"], target.parts["post"]
        return [Ask(f"https://t.me/{name}/{number}?embed=1&mode=tme", about={"name": name, "number": number})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the message; of the page around a widget what its meta elements state."""
        tree = tree_of(page.text)
        name, wanted = ask.about["name"], f"{ask.about['name']}/{ask.about['number']}"
        for node in messages(tree):
            if node.get("data-post", "").lower() == wanted.lower():
                yield message(node, page)
                return
        says = " ".join("".join(tree.xpath(f"//*[{with_class('tgme_widget_message_error')}]//text()")).split())
        if "not found" in says.lower():
            raise Gone(f"https://t.me/{wanted} is not there any more ({says}).", url=page.url, status=page.status)
        if says:
            raise LoginWall(f"https://t.me/{wanted} is not shown ({says[:200]}).", url=page.url, status=page.status)
        around = [str(value) for value in tree.xpath("//script/@data-telegram-post")]
        if not around:
            yield from self.landing(tree, name, page)
            return
        yield stated(facts(page.text, page.url).meta, around[0], page)


class TelegramClosed(Source):
    """What only members see: private channels and invitations; they are named, never joined, never asked for."""

    id = "telegram.closed"
    title = "Telegram"
    route = "page"
    patterns = (
        rf"{_HOST}/c/(?P<closed>\d{{1,20}}(?:/\d{{1,20}}){{0,3}}){_END}",
        rf"{_HOST}/(?P<closed>(?:\+|%2B|joinchat/|addlist/)[\w-]{{1,100}}){_END}",
        r"tg:(?://)?(?:join|addlist|privatepost)/?\?(?P<closed>[^#\s]{1,300})",
    )
    examples = (
        "https://t.me/c/1234567890/12", "https://t.me/+AbCdEfGhIjKlMnOp", "https://t.me/joinchat/AbCdEfGhIjKlMnOp",
        "tg://join?invite=AbCdEfGhIjKlMnOp",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"board": "{closed}"}
    gives = "advice"
    fields = ()
    retention = "nothing is kept"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Raise LoginWall: an invitation is not taken up."""
        raise LoginWall(
            f"{target.url} leads to a closed group or channel of Telegram; it is not joined. If it has a public name, "
            "give that (https://t.me/NAME).", url=target.url,
        )  # fmt: skip


def _page(name: str, asked: Mapping[str, str]) -> str:
    return f"https://t.me/s/{name}" + (f"?{urlencode(asked)}" if asked else "")
