"""The archive that X hands to its members: posts in data/tweets.js, the account beside them, all in a zip or not."""

from __future__ import annotations

import codecs
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from core.errors import BadInput
from core.records import Author, Counts, Post, Profile
from core.times import from_iso
from runner.import_lines import Rejected
from runner.imports.arrays import objects
from runner.imports.rows import Seen, Unusable, dig, snapshot, text, writer
from runner.imports.x import archived

_TWEETS = re.compile(r"(?:data/)?tweets?(?:-part\d{1,4})?\.js")
MAX_MEMBERS = 500_000  # an archive holds a file for each picture; the longest accounts have some 100,000
MAX_BYTES = 4_000_000_000  # of all members with posts, unpacked; members may lie over one another
MAX_RATIO = 100  # unpacked to packed; real posts reach 15
MAX_SMALL = 20_000_000  # bytes of the files about the account

Read = Callable[[int], str]
Item = Post | Profile | Rejected


def is_archive(path: Path) -> bool:
    """Return whether a zip holds the posts of an archive of X."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_TWEETS.fullmatch(_inside(name)) for name in archive.namelist()[:MAX_MEMBERS])
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def read_archive(path: Path) -> Iterator[Item]:
    """Yield the account and its posts, from a zip or from tweets.js with the other files beside it.

    Nothing is unpacked to the disk. Raises BadInput where the zip as a whole is damaged or not to be trusted.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as head:
            if head.read(2) == b"PK":
                raise BadInput(f"{path.name} is a zip that breaks off; fetch it again.")
        yield from _loose(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _zipped(archive, path.name)
    except zipfile.BadZipFile as error:
        raise BadInput(f"{path.name} is a damaged zip ({error}); fetch it again.") from error


def _zipped(archive: zipfile.ZipFile, name: str) -> Iterator[Item]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise BadInput(f"{name} holds {len(members)} files; an archive of X does not.")
    known = {_inside(m.filename): m for m in members}
    about = {
        part: _small(archive, known.get(f"data/{part}.js") or known.get(f"{part}.js"))
        for part in ("manifest", "account", "profile")
    }
    seen = _generated(about)
    author = _author(about)
    yield from _profile(about, author, seen)
    wanted = [m for inner, m in known.items() if _TWEETS.fullmatch(inner)]
    if not wanted:
        raise BadInput(f"{name} holds no data/tweets.js; it is no archive of X.")
    left = MAX_BYTES
    for member in sorted(wanted, key=lambda m: m.filename.removesuffix(".js")):
        if member.file_size > left or member.file_size > MAX_RATIO * max(member.compress_size, 10_000):
            yield Rejected(0, f"{member.filename[:80]} would unpack to {member.file_size:,} bytes; it was not read")
            continue
        left -= member.file_size
        try:
            with archive.open(member) as file:
                yield from _posts(_reader(file, member.file_size), author, seen)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            yield Rejected(0, f"{member.filename[:80]} is damaged ({error}); what stood before was taken")


def _loose(path: Path) -> Iterator[Item]:
    about = {}
    for part in ("manifest", "account", "profile"):
        beside = path.with_name(f"{part}.js")
        about[part] = _value(beside.read_bytes()) if beside.is_file() and beside.stat().st_size < MAX_SMALL else None
    seen, author = _generated(about), _author(about)
    yield from _profile(about, author, seen)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error
        yield from _posts(_reader(file, MAX_BYTES), author, seen)


def _posts(read: Read, author: Author, seen: datetime | None) -> Iterator[Item]:
    for item in objects(read):
        if isinstance(item, Rejected):
            yield item
            continue
        line, found = item
        try:
            if not isinstance(found, dict):
                raise Unusable("is no post of an archive")
            yield archived(Seen(found, seen), author)
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            yield Rejected(line, str(error) if isinstance(error, Unusable) else "has a shape that is not known here")


def _reader(file: IO[bytes], most: int) -> Read:
    """Return what reads text from bytes, never more than a member says it has."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    left = most

    def read(size: int) -> str:
        nonlocal left
        piece = file.read(min(size, max(left, 0)))
        left -= len(piece)
        return decoder.decode(piece, final=not piece)

    return read


def _inside(name: str) -> str:
    """Return the name of a member without the folder the archive as a whole may lie in."""
    folder, _, rest = name.replace("\\", "/").partition("/")
    return rest if rest.startswith("data/") and folder not in ("", "..") else name


def _small(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None) -> Any:
    if member is None or member.file_size > MAX_SMALL:
        return None
    try:
        with archive.open(member) as file:
            return _value(file.read(MAX_SMALL))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return None


def _value(code: bytes) -> Any:
    """Return what such a file assigns: `window.YTD.account.part0 = [...]`."""
    text_ = code.decode("utf-8-sig", "replace")
    _, sign, value = text_.partition("=")
    try:
        return json.loads(value if sign else text_)
    except (ValueError, RecursionError):
        return None


def _generated(about: dict[str, Any]) -> datetime | None:
    """Return when X made the archive: the moment its counters and its names are of."""
    return from_iso(text(about["manifest"], "archiveInfo.generationDate")).at


def _author(about: dict[str, Any]) -> Author:
    account = dig(about["account"], "0.account") or dig(about["manifest"], "userInfo") or {}
    handle = text(account, "username", "userName")
    return writer(
        native_id=text(account, "accountId"), handle=handle, name=text(account, "accountDisplayName", "displayName"),
        url=f"https://x.com/{handle}" if handle else None,
    )  # fmt: skip


def _profile(about: dict[str, Any], author: Author, seen: datetime | None) -> Iterator[Profile]:
    profile, created = dig(about["profile"], "0.profile"), from_iso(text(about["account"], "0.account.createdAt"))
    link = text(profile, "description.website")
    yield from snapshot(
        Seen({}, seen), "x", author, bio=text(profile, "description.bio"), avatar=text(profile, "avatarMediaUrl"),
        banner=text(profile, "headerMediaUrl"), created=created if created.at else None,
        links=(link,) if link else None, counts=Counts(),
    )  # fmt: skip
