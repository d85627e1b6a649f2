"""Medium: one story, from the state its page carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core import ids, times
from core.errors import Gone, LoginWall, SourceChanged
from core.exchange import Response
from core.records import Author, Counts, Finding, Media, Metrics, Post, Profile
from core.source import Expect, Target
from core.urls import find_links
from spiders.base import Ask, Found, PageSource
from spiders.reading import article
from spiders.state import assigned, called

_STORY = r"(?:[^/?#\s]+/)*(?:p/|(?:[^/?#\s]*-))?(?P<id>[0-9a-f]{8,12})/?(?:[?#]\S*)?"


class MediumStory(PageSource):
    """One story, with its tags, claps and pictures."""

    id = "medium.story"
    one_answer = True
    title = "Medium"
    patterns = (rf"https?://(?:[\w-]+\.)?medium\.com/{_STORY}",)
    names = {"post": "{id}"}
    examples = (
        "https://medium.com/invented-paper/a-bridge-that-never-was-0a1b2c3d4e5f",
        "https://medium.com/p/0a1b2c3d4e5f",
        "https://somebody.medium.com/a-bridge-that-never-was-0a1b2c3d4e5f",
    )
    requests_per_minute = 12
    fields = ("text", "title", "published", "author", "tags", "media", "links", "metrics")
    expect = Expect(posts_at_least=1, filled={"text": 1.0, "published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the story."""
        return [Ask(target.url, about={"id": target.parts["id"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the story; without a state (scripts removed, an older page) what any article shows."""
        state = assigned(page.text, "__APOLLO_STATE__")
        if state is None:
            yield from self._without_state(page, ask)
            return
        story = state.get(f"Post:{ask.about['id']}")
        content = next((v for k, v in story.items() if k.startswith("content(")), None) if story else None
        if not story or not content:
            raise _missing(state, page, ask)
        if shown := profile(of(state, story["creator"]), page):
            yield shown
        post = _post(state, story, content, page)
        yield post
        if content.get("isLockedPreviewOnly"):
            says = f"{post.url} shows only its beginning to people without a membership."
            yield Finding.of(LoginWall(says, url=post.url), ref=post.ref, capture=page.capture)

    def _without_state(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the story as pages of 2014 to 2019 carry it, or what any article shows."""
        old = called(page.text, "obvInit")
        story = old.get("value") if isinstance(old, dict) else None
        if not isinstance(story, dict) or not isinstance(story.get("content"), dict):
            post = article(page)
            yield post.model_copy(update={"platform": "medium", "native_id": ask.about["id"]})
            return
        if shown := profile(story.get("creator") or {}, page):
            yield shown
        more = story.get("virtuals") or {}
        above = story.get("inResponseToPostId")
        yield _post(
            {},
            {
                **story,
                "clapCount": more.get("totalClapCount") or more.get("recommends"),
                "postResponses": {"count": more.get("responsesCreatedCount")},
                "inResponseToPostResult": {"id": above} if above else None,
                "tags": [{"id": tag["slug"]} for tag in more.get("tags") or () if tag.get("slug")],
            },
            story["content"],
            page,
        )


def _missing(state: Mapping[str, Any], page: Response, ask: Ask) -> Gone | SourceChanged:
    """Return what it means that a page has a state without the story."""
    said = f'postResult({{"id":"{ask.about["id"]}"}})'
    result = (state.get("ROOT_QUERY") or {}).get(said)
    if isinstance(result, dict) and result.get("__typename") in ("Unavailable", "NotFound", "Error"):
        return Gone(f"{ask.url} is not there any more; Medium shows a notice.", url=ask.url, status=page.status)
    return SourceChanged(
        f"{page.url} carries no story {ask.about['id']} in its state; see whether it opens in a browser.",
        url=page.url, status=page.status,
    )  # fmt: skip


def profile(user: Mapping[str, Any], page: Response) -> Profile | None:
    """Return what a writer shows, as either generation of pages tells it; None where it is no more than a name."""
    bio, stats, made = user.get("bio"), user.get("socialStats") or {}, user.get("createdAt")
    if not user.get("username") or (not bio and not stats and not made):
        return None
    picture, wide = user.get("imageId"), user.get("backgroundImageId")
    return Profile(
        platform="medium", author=author(user), bio=bio or None, links=find_links(bio or ""),
        avatar=f"https://miro.medium.com/{picture}" if picture else None,
        banner=f"https://miro.medium.com/{wide}" if wide else None, created=times.from_epoch(made) if made else None,
        counts=Counts(
            followers=stats.get("followerCount", stats.get("usersFollowedByCount")),
            following=stats.get("followingCount", stats.get("usersFollowedCount")),
        ),
        seen=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _post(state: Mapping[str, Any], story: Mapping[str, Any], content: Mapping[str, Any], page: Response) -> Post:
    paragraphs = [of(state, p) for p in content["bodyModel"]["paragraphs"]]
    answered = of(state, story.get("inResponseToPostResult"))
    edited = times.from_epoch(story["latestPublishedAt"]) if story.get("latestPublishedAt") else None
    published = times.from_epoch(story["firstPublishedAt"])
    return Post(
        platform="medium", native_id=story["id"], url=story.get("mediumUrl") or page.url, kind="article",
        author=author(of(state, story["creator"])), published=published, first_seen=page.captured_at,
        edited=edited if edited and edited.at != published.at else None,
        title=story.get("title") or None, text="\n".join(p.get("text") or "" for p in paragraphs),
        community=of(state, story.get("collection")).get("name"),
        reply_to=ids.ref("medium", answered["id"]) if answered.get("id") else None,
        links=tuple(dict.fromkeys(m["href"] for p in paragraphs for m in p.get("markups") or () if m.get("href"))),
        tags=tuple(of(state, tag)["id"] for tag in story.get("tags") or ()),
        media=tuple(m for p in paragraphs if (m := _picture(state, p))),
        metrics=Metrics(likes=story.get("clapCount"), replies=(story.get("postResponses") or {}).get("count")),
        metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def of(state: Mapping[str, Any], ref: Any) -> Mapping[str, Any]:
    """Return the object a reference names, as both generations of the state write it; {} for none."""
    if not isinstance(ref, dict):
        return {}
    key = ref.get("__ref") or (ref.get("id") if ref.get("type") == "id" else None)
    return state[key] if key else ref


def author(user: Mapping[str, Any]) -> Author:
    """Return who wrote."""
    handle = user.get("username")
    url = f"https://medium.com/@{handle}" if handle else None
    return Author(native_id=user.get("id") or user.get("userId"), handle=handle, name=user.get("name"), url=url)


def _picture(state: Mapping[str, Any], paragraph: Mapping[str, Any]) -> Media | None:
    image = of(state, paragraph.get("metadata"))
    if paragraph.get("type") not in ("IMG", 4) or not image.get("id"):
        return None
    return Media(url=f"https://miro.medium.com/{image['id']}", alt=image.get("alt") or None)
