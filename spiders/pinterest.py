"""Pinterest: one pin, from the answers its page carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core import times
from core.errors import Gone, SourceChanged
from core.exchange import Response
from core.records import Author, Media, Metrics, Post
from core.source import Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.state import every, scripts


class PinterestPin(PageSource):
    """One pin: its picture, words, pinner, board and the page it was pinned from."""

    id = "pinterest.pin"
    one_answer = True
    title = "Pinterest"
    patterns = (
        r"https?://(?:[\w-]+\.)*pinterest\.(?:com|[a-z]{2}|com?\.[a-z]{2})/pin/(?:[^/?#\s]+--)?(?P<id>\d+)(?:/sent)?/?(?:[?#]\S*)?",
    )
    names = {"post": "{id}"}
    examples = ("https://www.pinterest.com/pin/123456789012345678/", "https://www.pinterest.co.uk/pin/a-name--1234567/")
    requests_per_minute = 12
    fields = ("text", "title", "published", "author", "media", "links", "community")
    expect = Expect(posts_at_least=1, filled={"published": 1.0, "media": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the pin."""
        return [Ask(target.url, about={"id": target.parts["id"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the pin the page is about, put together from every answer in it."""
        pin: dict[str, Any] = {}
        for answer in scripts(page.text, "data-relay-response"):
            for _, query in every(answer, "v3GetPinQuery"):
                part = query.get("data") or {}
                if part.get("entityId") == ask.about["id"]:
                    _add(part, pin)
        if not pin:
            if "/404" in page.url or "show_error=true" in page.url:
                raise Gone(f"{ask.url} is not there any more.", url=ask.url, status=page.status)
            raise SourceChanged(
                f"{page.url} holds no v3GetPinQuery of pin {ask.about['id']}; see whether it opens in a browser.",
                url=page.url, status=page.status,
            )  # fmt: skip
        yield _post(pin, ask.about["id"], page)


def _add(part: Mapping[str, Any], pin: dict[str, Any]) -> None:
    """Add what one answer tells of a pin and earlier ones did not."""
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(pin.get(name), dict):
            pin[name] = {**value, **pin[name]}
        elif value is not None:
            pin.setdefault(name, value)


def _post(pin: Mapping[str, Any], native_id: str, page: Response) -> Post:
    pinner = pin.get("pinner") or {}
    board = pin.get("board") or {}
    handle = pinner.get("username")
    comments = (pin.get("aggregatedPinData") or {}).get("commentCount")
    return Post(
        platform="pinterest", native_id=native_id, url=f"https://www.pinterest.com/pin/{native_id}/", kind="image",
        author=Author(
            native_id=pinner.get("entityId"), handle=handle, name=pinner.get("fullName"),
            url=f"https://www.pinterest.com/{handle}/" if handle else None,
        ),
        published=times.from_http(pin.get("createdAt")), first_seen=page.captured_at,
        title=pin.get("title") or pin.get("gridTitle") or None, text=pin.get("description"),
        community=board.get("name") or board.get("url"), links=(pin["link"],) if pin.get("link") else (),
        media=_media(pin), metrics=Metrics(replies=comments), metrics_at=page.captured_at,
        route="page", capture=page.capture,
    )  # fmt: skip


def _media(pin: Mapping[str, Any]) -> tuple[Media, ...]:
    image = pin.get("imageSpec_orig") or pin.get("images") or pin.get("imageSpec_736x") or {}
    alt = pin.get("altText")
    return (Media(url=image["url"], alt=alt),) if image.get("url") else ()
