"""Check that posts name the answers they were read from, and that what people see comes from those."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core import ids
from core.errors import BadInput
from evidence.checks import Check, Wacz, moment, outcome

ITEM, CAPTURE, SCREEN = "evidence/item.json", "evidence/capture.json", "evidence/screenshot.png"
_ANSWERS = ("response", "revisit", "resource")


def check_item(wacz: Wacz) -> Iterator[Check]:
    """Check that the post of an exhibit, its capture and its picture are those that are archived."""
    if not wacz.ours or ITEM not in wacz.present:
        return
    wacz.item = item = _object(wacz.json(ITEM), ITEM)
    wrong = _named(wacz, item.get("records"), ITEM)
    if item["ref"] != ids.ref(item["platform"], item["platform_id"], item["site"]):
        wrong.append(f"{ITEM} names two different posts")
    for media in item.get("media") or []:
        record = media.get("record")
        if record and (kept := wacz.by_id.get(record)) is None:
            wrong.append(f"{ITEM} names the file {record}, which is not in the archive")
        elif record and media.get("sha256") and kept is not None and kept.payload_sha256.hex() != media["sha256"]:
            wrong.append(f"{record} is not the file that {ITEM} names (its SHA-256 differs)")
    yield outcome("post", wrong, f"{item.get('ref')} names archived answers that are here.")
    if not any((item.get("records") or {}).values()):
        yield Check("post", "claimed", f"{item.get('ref')} was imported; no answer of a platform stands behind it.")
    yield from _capture(wacz)
    yield from _text(wacz, item)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("v") != 1:
        raise BadInput(f"{name} has another shape than we write")
    return value


def _named(wacz: Wacz, named: Any, name: str) -> list[str]:
    pairs = [
        (role, one)
        for role, record in (named or {}).items()
        for one in (record if isinstance(record, list) else [record])
    ]
    return [f"{name} names {one} as {role}, which is not in the archive" for role, one in pairs
            if one and one not in wacz.by_id]  # fmt: skip


def _capture(wacz: Wacz) -> Iterator[Check]:
    if CAPTURE not in wacz.present:
        if SCREEN in wacz.present:
            yield Check("page", "failed", f"{SCREEN} is there, but no {CAPTURE} says how it was taken.")
        return
    capture = _object(wacz.json(CAPTURE), CAPTURE)
    records = capture.get("records") or {}
    wrong = _named(wacz, records, CAPTURE)
    began, ended = (moment(at, CAPTURE) if (at := capture[key]) is not None else None for key in ("started", "ended"))
    if began and ended and began > ended:
        wrong.append(f"{CAPTURE} ends before it began")
    counts = capture.get("requests") or {}
    rest = ("recorded", "failed", "blocked", "local")
    if counts and counts["requested"] != sum(counts.get(name) or 0 for name in rest):
        wrong.append(f"{CAPTURE}: what was requested is not what was recorded, failed and blocked together")
    view = wacz.by_id.get(records.get("view") or "")
    if SCREEN in wacz.present and (view is None or wacz.files.entry(SCREEN).sha256 != view.payload_sha256.hex()):
        wrong.append(f"{SCREEN} is not the picture that was archived")
    yield outcome(
        "page", wrong, f"The capture of {capture['started'] or capture['ended']} and its picture are those archived."
    )


def _text(wacz: Wacz, item: dict[str, Any]) -> Iterator[Check]:
    if wacz.trust.reread is None:
        says = "The text was not read again from the archived answer; open the answer to compare."
        yield Check("text read again", "not_checked", says)
        return
    result, says = wacz.trust.reread.item(wacz, item)
    yield Check("text read again", result, says)


def check_posts(wacz: Wacz) -> Iterator[Check]:
    """Check of a whole case that each post names an archived answer, and what families and links speak of is there."""
    if "data/posts.json" not in wacz.present:
        if not wacz.ours:
            yield Check("posts", "not_checked", "There is no data/posts.json.")
        return
    if not wacz.ours:
        yield Check("posts", "not_checked", "Other software wrote data/posts.json.")
        return
    posts = wacz.json("data/posts.json")
    known = {record.id for record in wacz.by_id.values() if record.type in _ANSWERS}
    refs = {post["ref"] for post in posts}
    bare = sum(1 for post in posts if not post["capture"])
    wrong = [
        f"data/posts.json: {post['ref']} names an answer that is not in the bundle"
        for post in posts
        if post["capture"] and post["capture"] not in known
    ]
    if len(refs) != len(posts):
        wrong.append(f"data/posts.json: {len(posts) - len(refs)} posts stand there twice")
    families, away = wacz.json("data/families.json"), 0
    for family in families:
        away += len(set(family["members"]) - refs)
        if not refs & set(family["members"]):
            wrong.append(f"data/families.json: the family {family['id']} has no post in the bundle")
    for pair in wacz.json("data/pairs.json"):
        wrong += [f"data/pairs.json: a link names {ref}, which is not in the bundle"
                  for ref in (pair["left"], pair["right"]) if ref not in refs]  # fmt: skip
    yield outcome("posts", wrong, f"{len(posts) - bare} posts, each naming an archived answer that is here.")
    if bare:
        yield Check("posts", "claimed", f"{bare} posts were imported; no answer of a platform stands behind them.")
    if away:
        yield Check("families", "claimed", f"{away} posts that families name belong to other cases and are not here.")
    name = "posts say what the answers say"
    if wacz.trust.reread is None:
        says = "Texts, authors and times of the posts were not read again from the archived answers."
        yield Check(name, "not_checked", says)
        return
    for result, says in wacz.trust.reread.posts(wacz, posts):
        yield Check(name, result, says)
