"""Medium: the stories that pages of writers, publications, tags and archives show, from the state they carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core import times
from core.errors import SourceChanged
from core.exchange import Response
from core.records import Metrics, Post
from core.source import Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.medium import author, of, profile
from spiders.state import assigned

_END = r"/?(?:[?#]\S*)?"


class MediumList(PageSource):
    """Stories a page of Medium lists, by title and beginning; what it loads while it is scrolled is not asked for."""

    id = "medium.list"
    title = "Medium"
    patterns = (
        rf"https?://(?:www\.)?medium\.com/@(?P<handle>[\w.-]+)(?:/(?:about|latest|followers))?{_END}",
        rf"https?://(?:www\.)?medium\.com/(?:tag|topic)/(?P<tag>[^\s/?#]+)(?:/(?:latest|archive|recommended)[\d/]*)?{_END}",
        (
            r"https?://(?:www\.)?medium\.com/(?!(?:tag|topic|m|p|me|feed|search|about|jobs)(?:[/?#]|$))"
            r"(?!(?:[^/?#\s]*-)?[0-9a-f]{8,12}(?:[/?#]|$))"  # a story
            rf"(?P<publication>[\w-]+)(?:/(?:archive[\d/]*|latest|tagged/[^\s/?#]+|about))?{_END}"
        ),
    )
    names = {"account": "@{handle}", "tag": "{tag}", "board": "{publication}"}
    examples = (
        "https://medium.com/@invented",
        "https://medium.com/tag/ferry/archive",
        "https://medium.com/invented-paper",
    )
    one_answer = True
    requests_per_minute = 12
    fields = ("text", "title", "published", "author", "metrics")
    expect = Expect(posts_at_least=1, filled={"title": 0.9, "published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        return [Ask(target.url)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the stories whose beginnings the state holds, and what their writers show."""
        state = assigned(page.text, "__APOLLO_STATE__")
        if not isinstance(state, dict):
            raise SourceChanged(
                f"{page.url} carries no state (__APOLLO_STATE__); --route feed reads its newest stories.",
                url=page.url, status=page.status,
            )  # fmt: skip
        for name, thing in state.items():
            if not isinstance(thing, dict):
                continue
            if name.startswith("User:") and (shown := profile(thing, page)):
                yield shown
            if name.startswith("Post:") and thing.get("title") and thing.get("firstPublishedAt"):
                yield _post(state, thing, page)


def _post(state: Mapping[str, Any], story: Mapping[str, Any], page: Response) -> Post:
    """Return a story as a list shows it."""
    shown = next((v for k, v in story.items() if k.startswith("extendedPreviewContent")), None)
    beginning = of(state, shown).get("subtitle") or of(state, story.get("previewContent")).get("subtitle")
    number = str(story["id"])
    return Post(
        platform="medium", native_id=number, kind="article",
        url=story.get("mediumUrl") or f"https://medium.com/p/{number}", author=author(of(state, story.get("creator"))),
        published=times.from_epoch(story["firstPublishedAt"]), first_seen=page.captured_at, title=story["title"],
        text=beginning or None, community=of(state, story.get("collection")).get("name"),
        metrics=Metrics(likes=story.get("clapCount"), replies=(story.get("postResponses") or {}).get("count")),
        metrics_at=page.captured_at, route="page", capture=page.capture, raw={"shown": "beginning"},
    )  # fmt: skip
