"""Posts of LinkedIn and Facebook, and comments of Facebook, as their web pages get them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.records import Media, Post, Profile
from core.times import unknown
from runner.imports.rows import (
    Seen,
    Unusable,
    dig,
    made,
    mentions,
    metrics,
    moment,
    needed,
    parts,
    pictures,
    snapshot,
    strings,
    tags,
    text,
    writer,
)  # fmt: skip

_ACTIVITY = re.compile(r"urn:li:(?:activity|ugcPost|share):(\d{5,25})")
_HANDLE = re.compile(r"(?:www\.)?linkedin\.com/(?:in|company|school|showcase)/([^/?#]{1,200})")
_FACEBOOK = "https://www.facebook.com"
_PLACES = ("groups", "profile.php", "people", "watch", "reel", "stories", "photo", "permalink.php")


def linkedin(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row. LinkedIn shows only "2d": the time stays unknown, in its own words."""
    data = seen.data
    if not isinstance(dig(data, "actor"), dict):
        raise Unusable("is no post (it has no actor)")
    urn = text(data, "updateMetadata.urn", "preDashEntityUrn", "metadata.backendUrn", "entityUrn", "id") or ""
    found = _ACTIVITY.search(urn)
    if found is None:
        raise Unusable("has no id of an activity")
    actor = data["actor"]
    home = (text(actor, "navigationContext.actionTarget") or "").split("?", 1)[0]
    handle = _HANDLE.search(home)
    author = writer(
        handle=handle[1] if handle else None, name=text(actor, "name.text"), url=home or None,
        native_id=text(actor, "backendUrn", "urn"),
    )  # fmt: skip
    words = text(data, "commentary.text.text")
    yield from snapshot(seen, "linkedin", author, bio=text(actor, "description.text"), avatar=_face(actor))
    told = (text(actor, "subDescription.text") or "").split("•", 1)[0].strip()
    link = text(data, "content.navigationContext.actionTarget",
                "content.articleComponent.navigationContext.actionTarget")  # fmt: skip
    again = _ACTIVITY.search(
        text(data, "*resharedUpdate.updateMetadata.urn", "resharedUpdate.updateMetadata.urn") or ""
    )
    yield made(
        seen, platform="linkedin", native_id=found[1], author=author, published=unknown(told or None),
        url=f"https://www.linkedin.com/feed/update/{found[0]}", text=words, links=(link,) if link else (),
        quotes=f"linkedin:{again[1]}" if again else None, tags=tags(words), media=_linked_media(data),
        metrics=metrics(
            data, likes=("*socialDetail.*totalSocialActivityCounts.numLikes", "*socialDetail.likes.paging.total"),
            replies=("*socialDetail.*totalSocialActivityCounts.numComments", "*socialDetail.comments.paging.total"),
            reposts=("*socialDetail.*totalSocialActivityCounts.numShares", "*socialDetail.totalShares"),
        ),
    )  # fmt: skip


def facebook(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row, or the comments where the row holds those of one post."""
    data = seen.data
    if dig(data, "comment_rendering_instance_for_feed_location"):
        yield from _comments(seen)
        return
    story = dig(data, "comet_sections.content.story")
    if not isinstance(story, dict):
        raise Unusable("is no post of a known shape (it has no comet_sections.content.story)")
    number = needed({"story": story, "row": data}, "id", "story.post_id", "row.post_id")
    stamp = _stamp(data)
    user = dig(story, "actors.0") or {}
    author = _person(user)
    address = text(story, "wwwURL") or text(stamp, "url")
    words = text(story, "message.text", "comet_sections.message.story.message.text",
                 "comet_sections.message_container.story.message.text")  # fmt: skip
    group = re.search(r"/groups/([^/?#]{1,200})", address or "")
    shared = text(story, "attached_story.post_id")
    counted = {"f": dig(data, "comet_sections.feedback.story") or {}}
    frame = "f.story_ufi_container.story.feedback_context.feedback_target_with_context"
    inner = f"{frame}.comet_ufi_summary_and_actions_renderer.feedback"
    yield from snapshot(seen, "facebook", author, avatar=text(user, "profile_picture.uri"))
    yield made(
        seen, platform="facebook", native_id=number, url=address, author=author,
        published=moment(dig(stamp, "creation_time") or dig(story, "creation_time")), text=words,
        community=text(data, "to.name", "feedback.associated_group.name") or (group[1] if group else None),
        quotes=f"facebook:{shared}" if shared else None, tags=tags(words), mentions=mentions(words),
        links=strings(_outside(text(a, "styles.attachment.story_attachment_link_renderer.attachment.web_link.url"))
                      for a in parts(story, "attachments")),
        media=tuple(m for a in parts(story, "attachments") for m in _attachment(a)),
        metrics=metrics(
            counted, likes=(f"{inner}.reaction_count.count", f"{frame}.reaction_count.count"),
            replies=(f"{inner}.comments_count_summary_renderer.feedback.comment_rendering_instance.comments.total_count",
                     f"{inner}.total_comment_count", f"{frame}.total_comment_count"),
            reposts=(f"{inner}.share_count.count", f"{frame}.share_count.count"),
            views=(f"{inner}.video_view_count",),
        ),
    )  # fmt: skip


def _comments(seen: Seen) -> Iterator[Post | Profile]:
    post = re.search(r"feedback:(\d+)", text(seen.data, "id") or "")
    root = f"facebook:{post[1]}" if post else None
    found = False
    for edge in parts(seen.data, "comment_rendering_instance_for_feed_location.comments.edges"):
        node = dig(edge, "node") or {}
        number, author = text(node, "legacy_fbid") or _decoded(text(node, "id")), _person(dig(node, "author") or {})
        if number is None:
            continue
        found = True
        above = text(node, "comment_parent.legacy_fbid")
        words = text(node, "body.text", "preferred_body.text")
        yield from snapshot(
            seen, "facebook", author,
            avatar=text(node, "author.profile_picture_depth_0.uri", "author.profile_picture.uri"),
        )  # fmt: skip
        yield made(
            seen, platform="facebook", native_id=number, kind="comment", author=author, root=root, text=words,
            url=text(node, "feedback.url", "comment_action_links.0.comment.url"),
            published=moment(dig(node, "created_time")), reply_to=f"facebook:{above}" if above else root,
            tags=tags(words), media=tuple(m for a in parts(node, "attachments") for m in _attachment(a)),
            metrics=metrics(
                node, likes=("feedback.reactors.count", "feedback.reactors.count_reduced"),
                replies=("feedback.replies_fields.total_count", "feedback.total_reply_count"),
            ),
        )  # fmt: skip
    if not found:
        raise Unusable("holds no comment of a known shape")


def _stamp(data: Any) -> Any:
    """Return the part of a post that tells its time: one of several parts of its head, by what it holds."""
    for one in parts(data, "comet_sections.context_layout.story.comet_sections.metadata"):
        if dig(one, "story.creation_time"):
            return dig(one, "story")
    return {}


def _person(user: Any) -> Any:
    home = text(user, "url", "profile_url")
    name = urlsplit(home).path.strip("/").split("/")[0] if home else None
    return writer(
        native_id=text(user, "id"), name=text(user, "name"), url=home,
        handle=name if name and name not in _PLACES else None,
    )  # fmt: skip


def _decoded(value: str | None) -> str | None:
    """Return the number of a comment out of "comment:POST_COMMENT", which comes in base64."""
    if value is None:
        return None
    with suppress(ValueError):
        value = base64.b64decode(value, validate=True).decode("ascii")
    found = re.search(r"(\d{5,25})$", value)
    return found[1] if found else None


def _attachment(one: Any) -> tuple[Media, ...]:
    shown = dig(one, "styles.attachment.media", "style_type_renderer.attachment.media", "media") or {}
    several = parts(one, "styles.attachment.all_subattachments.nodes")
    found: tuple[Media, ...] = ()
    for part in [dig(s, "media") or {} for s in several] or [shown]:
        film = text(part, "browser_native_hd_url", "browser_native_sd_url", "playable_url")
        still = text(
            part,
            "viewer_image.uri",
            "photo_image.uri",
            "image.uri",
            "placeholder_image.uri",
            "preferred_thumbnail.image.uri",
        )
        found += pictures(film, kind="video") or pictures(still, alt=text(part, "accessibility_caption"))
    return found


def _outside(link: str | None) -> str | None:
    told = urlsplit(link or "")
    ends = parse_qs(told.query).get("u") if told.netloc == "l.facebook.com" else None
    return ends[0] if ends else link


def _face(actor: Any) -> str | None:
    for path in ("image.attributes.0.detailData.nonEntityProfilePicture.vectorImage",
                 "name.attributes.0.*miniProfile.picture", "name.attributes.0.*miniCompany.logo"):  # fmt: skip
        if found := _largest(dig(actor, path)):
            return found
    return None


def _largest(image: Any) -> str | None:
    sizes = [s for s in parts(image, "artifacts") if text(s, "fileIdentifyingUrlPathSegment")]
    if not sizes:
        return None
    best = max(sizes, key=lambda s: w if isinstance(w := dig(s, "width"), int) else 0)
    return f"{text(image, 'rootUrl') or ''}{text(best, 'fileIdentifyingUrlPathSegment')}"


def _linked_media(data: Any) -> tuple[Media, ...]:
    images = parts(data, "content.images", "content.imageComponent.images")
    found = [_largest(dig(i, "attributes.0.vectorImage", "attributes.0.detailData.vectorImage")) for i in images]
    if not any(found):
        found = [_largest(dig(data, "content.articleComponent.largeImage.attributes.0.detailData.vectorImage"))]
    films = dig(data, "content.linkedInVideoComponent.*videoPlayMetadata", "content.*videoPlayMetadata")
    film = text(films, "progressiveStreams.0.streamingLocations.0.url")
    return pictures(*found) + pictures(film, kind="video")
