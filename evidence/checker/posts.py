"""Hold the post, the page and the picture of an exhibit to its records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from evidence.checker.reading import Folder, loads, moment
from evidence.checker.warc import Record

ITEM, CAPTURE, PICTURE = "evidence/item.json", "evidence/capture.json", "evidence/screenshot.png"


def post_flaws(files: Folder, item: Any, found: dict[str, Record]) -> Iterator[str]:
    """Yield what does not fit in item.json and capture.json; `found` are the records by their ids."""
    place = "%s@%s" % (item["platform"], item["site"]) if item["site"] else item["platform"]
    ref = "%s:%s" % (place, item["platform_id"])
    long = "%s:sha256-%s" % (item["platform"], hashlib.sha256(ref.encode()).hexdigest())
    if item["ref"] != (ref if len(ref) <= 600 else long):
        yield ITEM + " names two different posts"
    media = {m["record"]: m["sha256"] for m in item.get("media") or [] if m.get("record")}
    for name in [*(item.get("records") or {}).values(), *media]:
        if name and name not in found:
            yield "%s names %s, which is not in the archive" % (ITEM, name)
    for name, digest in media.items():
        if name in found and digest and found[name].payload != digest:
            yield "%s is not the file that %s names" % (name, ITEM)
    if CAPTURE in files.places:
        yield from _page(files, loads(files.read(CAPTURE), CAPTURE), found)


def _page(files: Folder, capture: Any, found: dict[str, Record]) -> Iterator[str]:
    counts, named = capture.get("requests"), capture["records"]
    if counts and counts["requested"] != sum(counts.get(k) or 0 for k in ("recorded", "failed", "blocked", "local")):
        yield CAPTURE + ": its counts do not add up"
    if capture["started"] and capture["ended"] and moment(capture["started"]) > moment(capture["ended"]):
        yield CAPTURE + " ends before it began"
    if PICTURE in files.places and found[named["view"]].payload != files.sha256(PICTURE):
        yield PICTURE + " is not the picture that was archived"
    for one in named.values():
        for name in one if isinstance(one, list) else [one]:
            if name and name not in found:
                yield "%s names %s, which is not in the archive" % (CAPTURE, name)
