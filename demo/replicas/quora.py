"""Quora: a person's page whose answers are pushed into it as JSON inside strings, texts as JSON inside that."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from demo.replicas.base import Answer, Replica, Request, as_page, missing
from demo.world import Place, Posting

_CARRIED = 12  # answers that a page carries; the rest comes while somebody scrolls
_URL = re.compile(r"https?://[^\s<>\"]+")
_RESULTS = "window.ansFrontendGlobals.data.inlineQueryResults.results"


class Quora(Replica):
    """The people of the demo and what they answered."""

    software = "quora"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /profile/NAME."""
        parts = request.path.strip("/").split("/")
        place = self.in_room(parts[1]) if parts[0] == "profile" and len(parts) > 1 else None
        if place is None:
            return missing("page")
        shown = self.newest(place, now)
        user = _user(place) | {
            "followerCount": 340, "followingCount": 12, "numPublicAnswers": len(shown), "isDeleted": False,
            "description": _rich("Harbour master's clerk, retired."), "creationTime": 1_640_000_000_000_000,
        }  # fmt: skip
        edges = [{"node": _answer(post, now), "cursor": str(n)} for n, post in enumerate(shown[:_CARRIED])]
        feed = {"edges": edges, "pageInfo": {"hasNextPage": len(shown) > _CARRIED, "endCursor": str(len(edges))}}
        pushed = [{"user": user}, {"user": {"uid": user["uid"], "recentPublicAndPinnedAnswersConnection": feed}}]
        inside = '<div id="root"></div>\n' + "\n".join(_pushed(data, number) for number, data in enumerate(pushed))
        return as_page(f"{place.title} - Quora", inside)


def _pushed(data: dict[str, Any], number: int) -> str:
    key = hashlib.sha256(str(number).encode()).hexdigest()
    said = json.dumps(json.dumps({"data": data, "extensions": {"is_final": True}})).replace("</", "<\\/")
    return (
        '<script type="text/javascript">window.ansFrontendGlobals = window.ansFrontendGlobals || {data: '
        f'{{inlineQueryResults: {{results: {{}}}}}}}}; {_RESULTS}["{key}"] = {_RESULTS}["{key}"] || []; '
        f'{_RESULTS}["{key}"].push({said});</script>'
    )


def _global(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}@0:{number}".encode()).decode()


def _rich(text: str) -> str:
    """Return a text in sections of spans, as the site keeps it."""
    sections = []
    for line in text.split("\n"):
        spans, end = [], 0
        for found in _URL.finditer(line):
            spans += [_span(line[end : found.start()]), _span(found[0], {"link": {"type": "url", "url": found[0]}})]
            end = found.end()
        spans.append(_span(line[end:]))
        sections.append({"type": "plain", "indent": 0, "quoted": False, "is_rtl": False, "spans": spans})
    return json.dumps({"sections": sections}, ensure_ascii=False)


def _span(text: str, modifiers: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"text": text, "modifiers": modifiers or {}}


def _user(place: Place) -> dict[str, Any]:
    number = int(place.people[0].native_id)
    given, _, family = place.title.partition(" ")
    return {
        "id": _global("User", number), "uid": number, "__typename": "User", "isAnon": False,
        "names": [{"__typename": "UserName", "givenName": given, "familyName": family, "reverseOrder": False}],
        "profileUrl": f"/profile/{place.room}",
        "profileImageUrl": "https://qph.cf2.quoracdn.net/main-thumb-default.jpeg",
    }  # fmt: skip


def _answer(post: Posting, now: datetime) -> dict[str, Any]:
    number, path = int(post.native_id), urlsplit(post.url).path
    slug, edited = path.partition("/answer/")[0], post.edited_at(now)
    asked = number - 17
    question = {
        "id": _global("Question", asked), "__typename": "Question", "qid": asked, "url": slug, "slug": slug[1:],
        "title": _rich(post.title or ""), "isDeleted": False, "answerCount": 1, "asker": {"uid": 7},
    }  # fmt: skip
    return {
        "id": _global("Answer", number), "__typename": "Answer", "aid": number, "isDeleted": False,
        "content": _rich(post.text_at(now)), "question": question, "permaUrl": path, "url": path,
        "author": _user(post.place), "creationTime": int(post.published.timestamp()) * 1_000_000,
        "updatedTime": int(edited.timestamp()) * 1_000_000 if edited else 0, "numUpvotes": number % 23,
        "numDisplayComments": 0, "numShares": 0, "numViews": 100 + number % 800, "viewerHasAccess": True,
        "isMachineAnswer": False,
    }  # fmt: skip
