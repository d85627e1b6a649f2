"""Invented posts that copy one another, and what matching made of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.records import Author, Post
from core.times import from_iso
from matchers import wording
from runner.match import Matched, match
from storage import cases, families, matching, posts
from storage.engine import Database

PLAIN = ("text.exact", "text.near", "text.excerpt", "url.shared")  # what does not weigh all the archive
AT = datetime(2025, 3, 1, tzinfo=UTC)
WORDS = [
    a + b + c for a in ("lo", "mar", "ven", "tir", "sel", "dun", "bre") for b in ("ka", "mo", "ti", "ru", "se")
    for c in ("n", "sh", "la", "rt", "de", "")
]  # fmt: skip


def text(seed: int, words: int = 50) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def edited(words: str, share: float, seed: int = 0) -> str:
    chance = random.Random(seed)
    split = words.split()
    for place in chance.sample(range(len(split)), round(share * len(split))):
        split[place] = chance.choice(WORDS) + "x"
    return " ".join(split)


def post(number: int, words: str | None, platform: str = "tumblr", hour: int | None = None, **more: Any) -> Post:
    published = from_iso((AT + timedelta(hours=hour)).isoformat()) if hour is not None else from_iso(None)
    return Post(
        platform=platform, native_id=f"{number:05d}", text=words, url=f"https://{platform}.example/p/{number}",
        author=more.pop("author", Author(native_id=f"u{number}")), published=published, **more,
    )  # fmt: skip


def save(database: Database, some: Sequence[Post], case: str = "c", at: datetime = AT) -> None:
    with database.write() as conn:
        posts.save_posts(conn, some, case_id=cases.ensure_case(conn, case, at), at=at)


def pairs(
    database: Database, matcher: str | None = None, case: str | None = None
) -> dict[tuple[str, str], dict[str, Any]]:
    with database.read() as conn:
        found = matching.list_pairs(conn, matching.Filter(case, matcher, least={"text.near": wording.NEAR}))
        return {(p["left"][-5:], p["right"][-5:]): p for p in found if matcher or p["matcher"] in PLAIN}


def groups(database: Database, case: str | None = None) -> list[dict[str, Any]]:
    with database.read() as conn:
        return list(families.list_families(conn, case))


def members(database: Database) -> set[frozenset[str]]:
    return {frozenset(ref[-5:] for ref in family["members"]) for family in groups(database)}


def run(database: Database, folder: Path, **options: Any) -> Matched:
    return match(database, folder, at=AT, **options)
