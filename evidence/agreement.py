"""Check that the parts of a bundle agree: index, pages and posts with the archived answers, families with the posts."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, cast

from core.errors import BadInput
from evidence import container, index
from evidence.checks import Bundle, Check, outcome, parsed

_MAX_INDEX = 256 * 10**6  # bytes unpacked; a line has about 400
_ANSWERS = ("response", "revisit", "resource")


def check_index(bundle: Bundle) -> Iterator[Check]:
    """Check each line of the index against its record; of our own bundles every word of it."""
    if bundle.ours:
        yield _our_index(bundle)
        return
    at = {(f, r.offset): r for f, found in bundle.records.items() for r in found}
    wrong, count = [], 0
    for count, text in enumerate(_index_lines(bundle), 1):  # noqa: B007 - the number of lines is told
        data = parsed(text.split(" ", 2)[2], "the index")
        record = at.get((data["filename"], int(data["offset"])))
        if record is None or record.headers.get("warc-target-uri") != data["url"]:
            wrong.append(f"{data['url']} does not lie where the index says")
    yield outcome("index", wrong, f"{count} lines, each naming the address of the record it points at.")


def _our_index(bundle: Bundle) -> Check:
    lines, pages = index.of(bundle.records)
    expected = [line.text().rstrip("\n") for line in index.in_order(lines)]
    found = list(_index_lines(bundle))
    wrong = [] if found == expected else [_difference(found, expected)]
    blocks = container.read(bundle.zip, "indexes/index.cdx.gz")
    if not _finds_its_blocks(container.read(bundle.zip, "indexes/index.idx"), blocks):
        wrong.append("indexes/index.idx does not lead to the blocks of the index")
    if container.read(bundle.zip, "pages/pages.jsonl") != index.pages(pages):
        wrong.append("pages/pages.jsonl does not name the pages that are archived")
    return outcome("index", wrong, f"{len(found)} lines and {len(pages)} pages, each as its record has it.")


def _difference(found: list[str], expected: list[str]) -> str:
    if len(found) != len(expected):
        return f"{len(found)} lines for {len(expected)} responses"
    first = next(line for line, wanted in zip(found, expected, strict=True) if line != wanted)
    return f"the line {first[:120]!r} does not say what its record says"


def _finds_its_blocks(idx: bytes, blocks: bytes) -> bool:
    place = 0
    for line in idx.decode().split("\n")[1:-1]:
        key, ts, where = line.split(" ", 2)
        block = parsed(where, "indexes/index.idx")
        start, end = block["offset"], block["offset"] + block["length"]
        if start != place or not _unpacked(blocks[start:end]).startswith(f"{key} {ts} ".encode()):
            return False
        place = end
    return place == len(blocks)


def _index_lines(bundle: Bundle) -> Iterator[str]:
    for name in bundle.zip.namelist():
        if not name.startswith("indexes/") or not name.endswith((".cdx", ".cdxj", ".cdx.gz", ".cdxj.gz")):
            continue
        data = container.read(bundle.zip, name)
        text = (_unpacked(data) if name.endswith(".gz") else data).decode("utf-8", "replace")
        yield from (line.rstrip("\r") for line in text.split("\n") if line.strip() and not line.startswith("!"))


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=cast("IO[bytes]", BytesIO(data))) as file:
            unpacked = file.read(_MAX_INDEX)
            if file.read(1):
                raise BadInput("the index unpacks to more than is read")
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"the index is damaged: {error}") from error
    return unpacked


def check_posts(bundle: Bundle) -> Iterator[Check]:
    """Check that each post names an archived answer, and that families and links speak of posts that are there."""
    if "data/posts.json" not in bundle.hashes:
        yield Check("posts", "failed" if bundle.ours else "not_checked", "There is no data/posts.json.")
        return
    posts = bundle.json("data/posts.json", container.MAX_TOTAL)
    known = {record.id for found in bundle.records.values() for record in found if record.type in _ANSWERS}
    refs = {post["ref"] for post in posts}
    bare = sum(1 for post in posts if not post["capture"])
    wrong = [
        f"{post['ref']} names an answer that is not in the bundle"
        for post in posts
        if post["capture"] and post["capture"] not in known
    ]
    if len(refs) != len(posts):
        wrong.append(f"{len(posts) - len(refs)} posts stand there twice")
    families, away = bundle.json("data/families.json", container.MAX_TOTAL), 0
    for family in families:
        away += len(set(family["members"]) - refs)
        if not refs & set(family["members"]):
            wrong.append(f"the family {family['id']} has no post in the bundle")
    for pair in bundle.json("data/pairs.json", container.MAX_TOTAL):
        wrong += [f"a link names {ref}, which is not in the bundle" for ref in (pair["left"], pair["right"])
                  if ref not in refs]  # fmt: skip
    yield outcome("posts", wrong, f"{len(posts) - bare} posts, each naming an archived answer that is here.")
    yield from _said_of_posts(bare, away)


def _said_of_posts(bare: int, away: int) -> Iterator[Check]:
    if bare:
        yield Check("posts", "claimed", f"{bare} posts were imported; no answer of a platform stands behind them.")
    if away:
        yield Check("families", "claimed", f"{away} posts that families name belong to other cases and are not here.")
    says = (
        "Texts, authors and times of the posts, and what README.html shows, were not read again from the archived "
        "answers; open the answer a post names to compare."
    )
    yield Check("posts say what the answers say", "not_checked", says)


def required(ours: bool) -> frozenset[str]:
    """Return the files without which a bundle of ours is none."""
    data = {f"data/{name}.json" for name in ("posts", "families", "pairs", "sources", "findings")}
    rest = {"indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl", "evidence/README.html"}
    return frozenset(data | rest if ours else ())


def revisits(bundle: Bundle) -> list[str]:
    """Return what is wrong with records that refer to others, and with ids that two records share."""
    every: list[Any] = [record for found in bundle.records.values() for record in found]
    ids = [record.id for record in every]
    digests = {record.headers.get("warc-payload-digest") for record in every if record.type in ("response", "resource")}
    wrong = [] if len(set(ids)) == len(ids) else [f"{len(ids) - len(set(ids))} records share the id of another"]
    known = set(ids)
    for record in every:
        if record.type != "revisit":
            continue
        refers = record.headers.get("warc-refers-to", "").strip("<>")
        if refers not in known and record.headers.get("warc-payload-digest") not in digests:
            wrong.append(f"{record.id} refers to an answer that is not in the bundle")
    return wrong
