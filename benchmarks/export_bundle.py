"""Measure `export`: an invented case of 1,000 posts on four platforms, all of them exhibits, as one case bundle.

usage: python -m benchmarks.export_bundle [--posts 1000] [--pages 50] [--seed 7] [--keep FOLDER] [--secrets] [--public]

Answers hold 20 posts each, every fifth post shows a kept picture, and some posts have a captured page (pictures,
texts, ten exchanges). Prints seconds, peak memory of the exporting process, and megabytes written per second. With
`--secrets` keys of platforms are set, which no byte of the bundle may hold; with `--public` three accounts are hidden.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.warc import WarcWriter
    from core.records import Post
    from runner.workspace import Workspace

CASE = "harbour"
PLATFORMS = ("reddit", "telegram", "vk", "mastodon")
START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = tuple(
    a + b + c for a in ("ba", "do", "ke", "li", "mu") for b in ("ra", "se", "to", "nu") for c in ("n", "s", "l")
)
SECRETS = {
    "VK_TOKEN": "vk1.a.Q7mZpR2xW9tLbN4cVhJ8",
    "REDDIT_CLIENT_ID": "hB3kQz9TnW5xYv",
    "REDDIT_CLIENT_SECRET": "pL0aWcZx81-pQ7rT2mB9vKd",
    "COPYTRAIL_KEY_PASSPHRASE": "correct-horse-battery-41",
}  # fmt: skip - invented
HIDDEN = ("reddit:u3", "telegram:u25", "vk:u44")
SETTINGS = '[workspace]\nkind = "test"\n\n[evidence]\nexhibits = 3000\n'


def build(folder: Path, posts: int, pages: int, seed: int) -> Workspace:
    """Make a workspace with an invented case in it, matched into families of four."""
    from archive.warc import WarcWriter
    from core.times import StillClock
    from runner.match import match
    from runner.workspace import Workspace
    from storage import captures, cases
    from storage import posts as stored

    workspace = Workspace.create(folder, text=SETTINGS)
    chance = random.Random(seed)
    with (
        WarcWriter(
            workspace.warc_folder, software="copytrail/bench", clock=StillClock(START), make_id=_ids(seed)
        ) as warc,
        workspace.database.write() as conn,
    ):
        case = cases.ensure_case(conn, CASE, START)
        made: list[Post] = []
        texts = [" ".join(chance.choices(WORDS, k=40)) for _ in range(max(posts // len(PLATFORMS), 1))]
        for first in range(0, posts, 20):
            made += _answer(warc, range(first, min(first + 20, posts)), texts, chance)
        stored.save_posts(conn, made, case_id=case, at=START)
        for post in made[::5]:
            _picture(workspace, warc, conn, post, chance)
        for post in made[:: max(posts // pages, 1)][:pages] if pages else []:
            _page(warc, conn, case, post, chance)
        captures.save_captures(conn, warc.drain(), source_id=None, run_id=None)
    match(workspace.database, workspace.root, settings=workspace.settings, at=START)
    return workspace


def _ids(seed: int) -> Callable[[], uuid.UUID]:
    chance = random.Random(seed)
    return lambda: uuid.UUID(int=chance.getrandbits(128), version=4)


def _exchange(url: str, mime: str, body: bytes) -> Any:
    from core.exchange import Exchange

    headers = (("Content-Type", mime), ("Content-Length", str(len(body))))
    return Exchange(method="GET", url=url, request_headers=(("Host", "x.example"),), request_body=b"",
                    captured_at=START, status=200, reason="OK", headers=headers, body=body)  # fmt: skip


def _answer(warc: WarcWriter, numbers: range, texts: list[str], chance: random.Random) -> list[Post]:
    """Archive one answer of some posts and return them as read from it."""
    from core.records import Author, Media, Metrics, Post
    from core.times import Instant

    platform = PLATFORMS[numbers[0] // 20 % len(PLATFORMS)]
    rows = []
    for n in numbers:
        # a text stands once on each platform: families of four
        text = texts[(n // 20 // len(PLATFORMS) * 20 + n % 20) % len(texts)]
        rows.append({"id": f"p{n}", "text": text, "pad": chance.randbytes(300).hex()})
    record = warc.record(_exchange(f"https://{platform}.example/list?after={numbers[0]}", "application/json",
                                   json.dumps(rows).encode()))  # fmt: skip
    found = []
    for n, row in zip(numbers, rows, strict=True):
        at = START + timedelta(minutes=n)
        media = (Media(url=f"https://{platform}.example/m/{n}.png"),) if n % 5 == 0 else ()
        found.append(Post(
            platform=platform, native_id=row["id"], url=f"https://{platform}.example/p/{n}", text=row["text"],
            author=Author(native_id=f"u{n % 97}", handle=f"seawatch{n % 97}x"), media=media, first_seen=at, route="api",
            published=Instant(at=at, verbatim=at.isoformat(), precision="second", zone="utc"), capture=record,
            metrics=Metrics(likes=n % 50), metrics_at=at, languages=("en",),
        ))  # fmt: skip
    return found


def _png(chance: random.Random, size: int) -> bytes:
    """Return a picture by its parts, though none that can be seen."""
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"IDAT", chance.randbytes(size)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _picture(workspace: Workspace, warc: WarcWriter, conn: Any, post: Post, chance: random.Random) -> None:
    """Keep a picture: half of them with their answer archived, half of them as files alone."""
    from archive.blobs import Blobs
    from storage import media

    for one in post.media:
        data = _png(chance, 60_000)
        sha = Blobs(workspace.root / "archive" / "blobs").put(data, cap=10**6)
        capture = warc.record(_exchange(str(one.url), "image/png", data)) if int(post.native_id[1:]) % 2 else None
        assert sha == hashlib.sha256(data).hexdigest()
        media.save(conn, media.Fetched(url=str(one.url), kind="image", at=START, sha256=sha, size=len(data),
                                       mime="image/png", capture=capture))  # fmt: skip


def _page(warc: WarcWriter, conn: Any, case: int, post: Post, chance: random.Random) -> None:
    """Archive a captured page of a post as it is after a capture."""
    from storage import pages

    url, name = str(post.url), f"page-{post.native_id}"
    exchanges = [warc.record(_exchange(url, "text/html", b"<p>" + (post.text or "").encode()))]
    exchanges += [warc.record(_exchange(f"{url}/{n}.png", "image/png", _png(chance, 30_000))) for n in range(9)]
    shown = {"view": ("image/png", 300_000), "full": ("image/png", 900_000), "thumbnail": ("image/png", 20_000),
             "dom": ("text/html", 60_000), "text": ("text/plain", 4_000), "pdf": ("application/pdf", 200_000),
             "pageinfo": ("application/json", 5_000)}  # fmt: skip
    records: dict[str, str | None] = {"document": exchanges[0]}
    for role, (mime, size) in shown.items():
        body = _png(chance, size) if "image" in mime else " ".join(chance.choices(WORDS, k=size // 4)).encode()
        records[role] = warc.resource(f"urn:{role}:{url}", mime, body, at=START, of=exchanges[0])
    pages.begin(conn, name, case, url, START, ref=post.ref)
    counts = {"requested": 10, "recorded": 10, "failed": 0, "blocked": 0, "local": 0}
    detail = {"requests": counts, "exchanges": exchanges, "missing": {}}
    pages.end(
        conn, name, at=START, outcome="ok", reason=None, status=200, final_url=url, records=records, detail=detail
    )


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="Build the case in this folder, and leave it and its bundle there.")
    parser.add_argument("--secrets", action="store_true", help="Set keys of platforms, which the export looks for.")
    parser.add_argument("--public", action="store_true", help="Write the public edition, with three accounts hidden.")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = told.keep or Path(temporary) / "case"
        if not (folder / "copytrail.toml").exists():
            began = time.perf_counter()
            build(folder, told.posts, told.pages, told.seed).database.close()
            print(f"case of {told.posts} posts made in {time.perf_counter() - began:.1f} s")
        out = folder / "exports" / f"bench-{time.time_ns()}.zip"
        command = [sys.executable, "-m", "runner", "--workspace", str(folder)]
        began = time.perf_counter()
        more = ["--edition", "public", *(w for ref in HIDDEN for w in ("--redact", ref))] if told.public else []
        keys = SECRETS if told.secrets else {}
        done = subprocess.run([*command, "export", "--case", CASE, "--out", str(out), "--json", *more],
                              stdout=subprocess.PIPE, check=True, text=True, env=os.environ | keys)  # fmt: skip
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        memory = used.ru_maxrss / 1024
        row = json.loads(done.stdout)
        written = out.stat().st_size / 1e6
        print(f"{row['exhibits']} exhibits, {row['posts']} posts, {row['records']} records: {seconds:.1f} s "
              f"({used.ru_utime + used.ru_stime:.1f} s of processor), "
              f"{memory:.0f} MB at most, {written:.0f} MB written, {written / seconds:.1f} MB/s")  # fmt: skip


if __name__ == "__main__":
    main()
