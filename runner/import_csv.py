"""Read posts from CSV as spreadsheets and other tools write it: any delimiter, many names for a column."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from core.times import from_iso
from runner.import_lines import MAX_LINE, Line, Rejected

MAX_CELL_LINES = 2_000  # lines a quoted cell may run over; a quote never closed would swallow the file
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# field of the record -> names of the column, as letters and digits only
_NAMES = {
    "platform": "platform network socialnetwork source site",
    "site": "instance",
    "native_id": "nativeid id postid tweetid messageid videoid statusid",
    "url": "url link posturl permalink address",
    "kind": "kind type posttype",
    "title": "title headline subject",
    "text": "text body content message post tweet caption description",
    "author.native_id": "authornativeid authorid userid accountid",
    "author.handle": "authorhandle author handle username user screenname account accountname",
    "author.name": "authorname name displayname fullname",
    "author.url": "authorurl profileurl",
    "published": "publishedat published date datetime time timestamp createdat created createdutc postedat posted",
    "edited": "editedat edited updated updatedat",
    "first_seen": "firstseen collectedat capturedat scrapedat",
    "metrics_at": "metricsat",
    "languages": "languages language lang",
    "community": "community subreddit channel group forum page",
    "reply_to": "replyto inreplyto inreplytoid parentid",
    "root": "root threadid conversationid",
    "repost_of": "repostof",
    "quotes": "quotes",
    "links": "links urls outlinks",
    "tags": "tags hashtags",
    "mentions": "mentions",
    "media": "media mediaurl mediaurls image images imageurl",
    "metrics.likes": "metricslikes likes likecount likescount favorites favourites score upvotes",
    "metrics.replies": "metricsreplies replies replycount repliescount comments commentcount commentscount",
    "metrics.reposts": "metricsreposts reposts repostcount shares sharecount sharescount retweets retweetcount boosts",
    "metrics.views": "metricsviews views viewcount viewscount plays playcount",
    "published.verbatim": "publishedverbatim",
    "published.precision": "publishedprecision",
    "published.source": "publishedsource",
    "published.zone": "publishedzone",
}
_FIELD = {name: field for field, names in _NAMES.items() for name in names.split()}
_LISTS = ("languages", "links", "tags", "mentions", "media")

Row = tuple[int, dict[str, Any]]
Cells = tuple[int, list[str]]


def looks_like_csv(head: bytes) -> bool:
    """Return whether a file begins with a header that names at least two columns we know."""
    first = head.decode("utf-8", "replace").split("\n", 1)[0]
    cells = next(csv.reader([first], delimiter=_delimiter(first)), [])
    return len({field for cell in cells if (field := _field(cell))}) >= 2


def table(lines: Iterable[Line | Rejected]) -> Iterator[Cells | Rejected]:
    """Yield (line, cells) for the header and then for each row; what cannot be used is reported.

    The line is the one a row begins on. A row with more cells than the header is none.
    """
    source = iter(lines)
    delimiter, top = ",", None
    for item in source:
        if isinstance(item, Rejected):
            yield item
        elif hint := re.match(rb"sep=(.)\s*$", item[1]):
            delimiter, top = hint[1].decode("ascii", "replace"), next(source, None)
            break
        elif item[1].strip():
            delimiter, top = _delimiter(item[1].decode("utf-8", "replace")), item
            break
    if top is None:
        return
    width = None
    for record in _records(chain([top], source), delimiter):
        if isinstance(record, Rejected):
            yield record
            continue
        number, text = record
        try:
            cells = _cells(text, delimiter)
        except csv.Error as error:
            yield Rejected(number, f"is no row of CSV ({error})")
            continue
        width = width or len(cells)
        if any(cell.strip() for cell in cells[width:]):
            yield Rejected(number, f"has {len(cells)} cells where the header has {width}; is a quote missing?")
        else:
            yield number, cells


def csv_rows(header: Cells, rows: Iterable[Cells | Rejected], platform: str | None = None) -> Iterator[Row | Rejected]:
    """Yield (line, record) for each row of posts; `platform` is of those rows that do not name theirs."""
    columns = _Columns(header[1], platform)
    if columns.lack:
        yield Rejected(header[0], columns.lack)
        return
    for row in rows:
        yield row if isinstance(row, Rejected) else _row(*row, columns)


def names_platform(header: list[str]) -> bool:
    """Return whether a header has a column for the platform."""
    return "platform" in map(_field, header)


class _Columns:
    """What the header says: the field of each column, and whether one of our own tables wrote it."""

    def __init__(self, header: list[str], platform: str | None = None) -> None:
        self.platform = platform
        self.fields = [_field(name) for name in header]
        self.ours = {"v", "ref", "native_id"} <= {name.strip() for name in header}
        lost = [
            name
            for name in ("platform", "native_id")
            if name not in self.fields and not (platform and name == "platform")
        ]
        names = ", ".join(header)[:200]
        self.lack = f"the header has no column {' and no column '.join(lost)} (it has: {names})" if lost else ""


def _records(lines: Iterator[Line | Rejected], delimiter: str) -> Iterator[tuple[int, str] | Rejected]:
    """Join lines while a quoted cell is open; a quote never closed costs its own line only."""
    back: deque[Line | Rejected] = deque()

    def following() -> Line | Rejected | None:
        return back.popleft() if back else next(lines, None)

    while (item := following()) is not None:
        if isinstance(item, Rejected):
            yield item
            continue
        joined = [item]
        while _is_open(b"".join(line for _, line in joined), delimiter):
            more = following() if len(joined) < MAX_CELL_LINES else None
            if more is None or isinstance(more, Rejected):
                back.extendleft(reversed([*joined[1:], *([more] if more else [])]))
                yield Rejected(item[0], "opens a quote that is never closed")
                joined = []
                break
            joined.append(more)
        text = b"".join(line for _, line in joined).decode("utf-8", "replace")
        if text.strip():
            yield item[0], text


def _is_open(row: bytes, delimiter: str) -> bool:
    """Return whether a row ends inside a quoted cell."""
    if row.count(b'"') % 2 == 0:
        return False
    try:
        next(
            csv.reader(row.decode("utf-8", "replace").splitlines(keepends=True), delimiter=delimiter, strict=True), None
        )
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _cells(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(MAX_LINE)
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def _row(number: int, cells: list[str], columns: _Columns) -> Row | Rejected:
    record: dict[str, str] = {}
    for field, cell in zip(columns.fields, cells, strict=False):
        value = cell.strip()
        if field and value and field not in record:
            if columns.ours and value[0] == "'" and value[1:2] in _FORMULA:
                value = value[1:]  # our own tables write it so that no spreadsheet runs the cell
            record[field] = value
    if is_rounded(record.get("native_id", "")):
        return Rejected(
            number, f"the id {record['native_id']} was rounded by a spreadsheet; export that column as text"
        )
    if columns.platform:
        record.setdefault("platform", columns.platform)
    return number, _nested(record)


def is_rounded(number: str) -> bool:
    """Return whether a spreadsheet has made an id its nearest round number."""
    return bool(re.fullmatch(r"\d(?:[.,]\d+)?E\+\d+", number, re.I))


def _nested(record: dict[str, str]) -> dict[str, Any]:
    """Return the record with its dotted names unfolded and its lists cut."""
    post: dict[str, Any] = {}
    for field, value in record.items():
        outer, _, inner = field.partition(".")
        if outer == "metrics":
            if (count := _count(value)) is not None:
                post.setdefault("metrics", {})[inner] = count
        elif field == "published":
            post.setdefault("published", {}).update(at=_time(value))
            post["published"].setdefault("verbatim", value)
        elif inner:
            post.setdefault(outer, {})[inner] = value
        elif field in _LISTS:
            parts = [part for part in re.split(r"[\s|]+|,\s+", value) if part]
            post[field] = [{"url": part} for part in parts] if field == "media" else parts
        elif field in ("first_seen", "metrics_at"):
            post[field] = from_iso(value).at
        else:
            post[field] = value
    return post


def _field(name: str) -> str | None:
    return _FIELD.get(re.sub(r"[^a-z0-9]", "", name.casefold()))


def _delimiter(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t|", key=bare.count)


def _count(value: str) -> int | None:
    digits = value.replace(",", "").replace(" ", "").replace("\u202f", "").removesuffix(".0")
    return int(digits) if re.fullmatch(r"-?\d{1,18}", digits) else None


def _time(value: str) -> str | float:
    return float(value) if re.fullmatch(r"\d{9,16}(?:\.\d+)?", value) else value
