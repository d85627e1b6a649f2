"""Read the recorded walks and say where what was collected differs from what they state."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

FOLDER = (
    Path(os.environ.get("COPYTRAIL_RECORDED") or Path(__file__).parents[2].parent / "shared" / "recorded") / "walks"
)
# Said to be private by an error of code 2, but its recorded body has code 1, word for word that of a deleted photo:
# what the walk states cannot be read from it. What is read from it is held by a test of its own.
CONTRADICTED = "flickr--photo-private"


def present() -> bool:
    """Return whether the recordings lie beside the project."""
    return (FOLDER / "walks.yml").is_file()


def load() -> list[dict[str, Any]]:
    """Return the walks that are not optional."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (FOLDER / "walks.yml").open(encoding="utf-8") as file:
        entries: list[dict[str, Any]] = yaml.load(file, Loader=loader)
    return [e for e in entries if not e.get("optional")]


def letters(text: str | None) -> str:
    """Return the digest of a text without blanks, as walks.yml states it."""
    return hashlib.sha256(re.sub(r"\s+", "", text or "").encode("utf-8", "replace")).hexdigest()


def differences(walk: dict[str, Any], posts: list[dict[str, Any]], finding: dict[str, Any] | None) -> list[str]:
    """Return one line per fact of the walk that the collected posts (in the order found) do not show."""
    expect = walk["expect"]
    out: list[str] = []
    wanted = expect.get("items_unique") or expect["items"]
    if len(posts) != wanted:
        out.append(f"{len(posts)} posts, {wanted} expected")
    out += _finding(expect.get("finding"), finding)
    if not posts:
        return out
    for n, item in enumerate(expect.get("first") or []):
        if n < len(posts):
            out += [f"post {n}: {line}" for line in _post(item, posts[n])]
    if (last := expect.get("last")) and "items_unique" not in expect:
        out += [f"last post: {line}" for line in _post(last, posts[-1])]
    out += _totals(expect, posts)
    return out


def _totals(expect: dict[str, Any], posts: list[dict[str, Any]]) -> list[str]:
    out = []
    kinds = dict(Counter(p["kind"] for p in posts))
    if "items_unique" not in expect:
        if expect.get("kinds") and kinds != expect["kinds"]:
            out.append(f"kinds {kinds}, {expect['kinds']} expected")
        timed = sum(1 for p in posts if p["published"]["at"])
        if expect.get("with_time") is not None and timed != expect["with_time"]:
            out.append(f"{timed} posts with a time, {expect['with_time']} expected")
        media = sum(len(p["media"]) for p in posts)
        if expect.get("media") is not None and media != expect["media"]:
            out.append(f"{media} media, {expect['media']} expected")
        first = (expect.get("first") or [{}])[0]
        if first.get("id") == posts[0]["native_id"] and expect.get("ids_sha256"):
            joined = hashlib.sha256("\n".join(p["native_id"] for p in posts).encode()).hexdigest()
            if joined != expect["ids_sha256"]:
                out.append("the digest of all ids in order differs")
    return out


def _post(item: dict[str, Any], post: dict[str, Any]) -> list[str]:
    out = []
    if post["native_id"] not in (item["id"], item.get("id_short")):
        out.append(f"id {post['native_id']}, {item['id']} expected")
    if post["kind"] != item["kind"]:
        out.append(f"kind {post['kind']}, {item['kind']} expected")
    at = post["published"]["at"]
    if _second(at) != _second(item["at"]):
        out.append(f"time {at}, {item['at']} expected")
    if item.get("letters_sha256") and letters(post["text"]) != item["letters_sha256"]:
        count = len(re.sub(r"\s+", "", post["text"] or ""))
        out.append(f"text differs ({count} letters, {item['letters']} expected)")
    if item.get("title_sha256"):
        title = post["title"] or ""
        digests = {hashlib.sha256(t.encode()).hexdigest() for t in (title, title.strip())}
        if item["title_sha256"] not in digests | {letters(title)}:
            out.append(f"title differs ({title!r})")
    # some recorded heads run on past the name, to the member's menu and title
    if (author := (item.get("author") or "").split("\n")[0]) and author.lstrip("/u@") not in {
        str(v).lstrip("/u@") for v in post["author"].values() if v
    }:
        out.append(f"author {post['author']}, {author} expected")
    if item.get("media") is not None and len(post["media"]) != item["media"]:
        out.append(f"{len(post['media'])} media, {item['media']} expected")
    return out


def _second(at: str | None) -> str | None:
    return at[:19] if at else None


def _finding(expected: dict[str, Any] | None, finding: dict[str, Any] | None) -> list[str]:
    if expected is None:
        # a recording may end before the listing does: that end is the only finding allowed beside the posts
        if finding is None or finding["kind"] == "not_recorded":
            return []
        return [f"finding {finding['kind']} ({finding['sentence']}), none expected"]
    if finding is None:
        return [f"no finding, {expected['kind']} expected"]
    out = []
    if finding["kind"] != expected["kind"]:
        out.append(f"finding {finding['kind']} ({finding['sentence']}), {expected['kind']} expected")
    facts = [f for f in ("status", "retry_after") if f in expected and finding.get(f) != expected[f]]
    return out + [f"{fact} {finding.get(fact)}, {expected[fact]} expected" for fact in facts]
