"""What is set up and what is missing, each with its remedy."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.errors import CopytrailError

if TYPE_CHECKING:
    from runner.workspace import Workspace

OFF = 5.0  # seconds; a stated Date is cut to whole seconds, and an answer takes one or two to come


@dataclass(frozen=True)
class Check:
    """One thing looked at; `needed` tells whether the main job stops without it."""

    name: str
    ok: bool
    says: str
    needed: bool = False

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `doctor --json`."""
        return asdict(self)


def examine(folder: str | None) -> Iterator[Check]:
    """Look at Python, workspace, archive, contact, database, clock, keys and outside programs."""
    version = ".".join(str(n) for n in sys.version_info[:3])
    yield Check("python", sys.version_info >= (3, 11), f"{version} (3.11 or newer is needed)", needed=True)
    yield from _workspace(folder)
    yield _signing()
    yield from _keys()
    numba = importlib.util.find_spec("numba") is not None
    yield Check("matching kernel", numba, "numba is there" if numba else "run `make setup`", needed=True)
    yield _ffmpeg()
    yield _tesseract()
    browser = _browser()
    yield browser
    if browser.ok:
        yield _letters()


def _letters() -> Check:
    """Print a few letters of many scripts: without fonts for them a report shows boxes instead of texts."""
    from core.times import SystemClock
    from evidence.printing import REMEDY, SAMPLE, lacks

    try:
        lacking = lacks(SAMPLE, at=SystemClock().now())
    except CopytrailError as error:
        return Check("letters in print", ok=False, says=error.sentence)
    says = (
        f"report.pdf would lack letters for {', '.join(lacking)}. {REMEDY}"
        if lacking
        else "all scripts tried are there"
    )
    return Check("letters in print", not lacking, says)


def _ffmpeg() -> Check:
    from archive.ffmpeg import find_ffmpeg

    try:
        return Check("ffmpeg", ok=True, says=find_ffmpeg()[0])
    except CopytrailError as error:
        return Check("ffmpeg", ok=False, says=f"only to compare films and sounds. {error.sentence}")


def _tesseract() -> Check:
    """Say whether words in pictures are read: an extra, which needs a program and a package."""
    program, package = shutil.which("tesseract"), importlib.util.find_spec("pytesseract") is not None
    if program and package:
        return Check("tesseract", ok=True, says=program)
    lacking = (
        []
        if program
        else ["the program (Debian: `sudo apt-get install tesseract-ocr`; macOS: `brew install tesseract`)"]
    )
    lacking += [] if package else ["the extra (`.venv/bin/python -m pip install pytesseract`)"]
    return Check("tesseract", ok=False, says=f"only for words in pictures: install {' and '.join(lacking)}")


def _browser() -> Check:
    from core.browser import find_browser

    try:
        return Check("browser", ok=True, says=find_browser())
    except CopytrailError as error:
        return Check("browser", ok=False, says=f"only for pages that need their scripts. {error.sentence}")


def _workspace(folder: str | None) -> Iterator[Check]:
    from runner.workspace import Workspace

    try:
        workspace = Workspace.open(folder)
    except CopytrailError as error:
        yield Check("workspace", ok=False, says=error.sentence, needed=True)
        return
    yield Check("workspace", ok=True, says=str(workspace.root), needed=True)
    writable = os.access(workspace.warc_folder, os.W_OK)
    says = "can be written" if writable else f"{workspace.warc_folder} cannot be written; mend its permissions"
    yield Check("archive", writable, says, needed=True)
    contact = workspace.settings.collect.contact
    yield Check("contact", bool(contact), contact or "set collect.contact in copytrail.toml: sites must reach you")
    try:
        wrong = workspace.database.check()
    except CopytrailError as error:
        wrong = [error.sentence]
    yield Check("database", not wrong, wrong[0] if wrong else workspace.database.name, needed=True)
    if not wrong and workspace.settings.workspace.kind != "demo":  # the demo's replicas live in another year
        yield _clock(workspace)
    if not wrong:
        yield _stamps(workspace)
    workspace.database.close()


def _clock(workspace: Workspace) -> Check:
    """Compare this machine's clock with what servers stated in the last answers: nothing is asked for it."""
    from runner.clock_offset import CUT, clock_offset

    with workspace.database.read() as conn:
        found = clock_offset(workspace, conn)
    if found.offset is None:
        return Check("clock", ok=True, says="no answer of the last days to compare it with")
    off = found.offset
    where = "ahead of" if off > 0 else "behind"
    says = f"{abs(off):.1f} s (±{CUT} s) {where} the servers of the last {found.answers} answers"
    right = abs(off) <= OFF
    return Check("clock", right, says if right else f"{says}; set it by NTP, every time of capture hangs on it")


def _stamps(workspace: Workspace) -> Check:
    """Say which authorities confirm when things were captured, and what they still owe."""
    from config import authorities
    from storage import seals

    try:
        asked = authorities.load(workspace.settings, workspace.root)
        known = authorities.known(workspace.settings, workspace.root)
    except CopytrailError as error:
        return Check("time stamps", ok=False, says=error.sentence)
    with workspace.database.read() as conn:
        counts = seals.counts(conn)
    receipts = _receipts(workspace)
    if not asked:
        names = ", ".join(one.id for one in known)
        says = f"no authority is asked, so times rest on this clock alone; set timestamps.authorities (known: {names})"
        says += receipts
        return Check("time stamps", ok=False, says=says)
    owed = counts.get("pending", 0) + counts.get("refused", 0)
    says = f"{', '.join(one.id for one in asked)}; {counts.get('stamped', 0)} there, {owed} not{receipts}"
    if len({one.owner for one in asked}) < 2:
        return Check("time stamps", ok=False, says=f"{says}; add an authority of another owner, in case one vanishes")
    return Check("time stamps", not owed, says if not owed else f"{says}; `copytrail stamp` asks again")


def _receipts(workspace: Workspace) -> str:
    """Return how many receipts of OpenTimestamps calendars there are; empty where there is none."""
    from runner.ots import receipts

    listed = list(receipts(workspace))
    counted = Counter(row["state"] for row in listed)
    told = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    return f"; OpenTimestamps: {told}" if listed else ""


def _signing() -> Check:
    from evidence.signing import spoken
    from runner import identity, keyfile

    place = keyfile.Place.of_user()
    try:
        keys = keyfile.read(place.file)
        if keys is None:
            return Check(
                "signing key", ok=False, says="there is none yet; `copytrail init` or the first export makes one"
            )
        if keys.kept != "passphrase":
            identity.open_key(place, keys)
    except CopytrailError as error:
        return Check("signing key", ok=False, says=error.sentence)
    return Check("signing key", ok=True, says=f"{spoken(keys.fingerprint)}, {identity.kept_says(keys, place)}")


def _keys() -> Iterator[Check]:
    from runner.recognise import all_sources

    needed: dict[tuple[str, ...], tuple[str, str]] = {}
    for source in all_sources().values():
        if source.secrets:
            needed.setdefault(source.secrets, (source.title or source.id, source.how_to_get_the_key))
    for names, (title, how) in sorted(needed.items()):
        there = all(os.environ.get(name) for name in names)
        says = f"{title}: set" if there else f"only for {title} by its API. {how}"
        yield Check(f"key {', '.join(names)}", there, says)
