"""The keys a reader knows: one's own, and those whose fingerprint came by another way and was noted."""

from __future__ import annotations

import json
from typing import Any

from core.canonical import canonical
from core.errors import BadInput, CannotStart
from core.times import Clock, iso
from runner import identity, keyfile
from runner.keyfile import Place

_MOST = 10_000


def known(place: Place | None = None) -> dict[str, str]:
    """Return a name for each fingerprint that is known here: what `verify` calls a known key."""
    place = place or Place.of_user()
    names = {row["fingerprint"]: row["name"] for row in trusted(place)}
    for row in identity.retired(place):
        names[row["signer"]["fingerprint"]] = f"your own key until {row['retired'][:10]}"
    try:
        own = keyfile.read(place.file)
    except CannotStart:
        own = None  # reading what others signed needs no key of one's own
    if own is not None:
        names[own.fingerprint] = "your own key"
    return names


def trusted(place: Place) -> list[dict[str, Any]]:
    """Return the fingerprints that were noted, with name and date, by name; raise CannotStart on a damaged list."""
    path = place.config / "known-keys.json"
    try:
        rows = json.loads(path.read_bytes())["known"]
        found = [
            {"fingerprint": plain(r["fingerprint"]), "name": str(r["name"]), "since": str(r["since"])} for r in rows
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError, BadInput) as error:
        raise CannotStart(f"{path}, the list of known keys, cannot be read; mend it or move it away.") from error
    return sorted(found, key=lambda row: (row["name"], row["fingerprint"]))


def trust(place: Place, fingerprint: str, name: str, clock: Clock) -> dict[str, Any]:
    """Note a fingerprint under a name; a name it had before gives way. Raises BadInput where it is none."""
    row = {"fingerprint": plain(fingerprint), "name": identity.named(name), "since": iso(clock.now())}
    _write(place, [*(r for r in trusted(place) if r["fingerprint"] != row["fingerprint"]), row])
    return row


def distrust(place: Place, fingerprint: str) -> None:
    """Take a fingerprint off the list; raise BadInput where it is not on it."""
    rows, gone = trusted(place), plain(fingerprint)
    if gone not in {row["fingerprint"] for row in rows}:
        raise BadInput(f"{gone} is not on the list of known keys; see `copytrail key list`.")
    _write(place, [row for row in rows if row["fingerprint"] != gone])


def plain(fingerprint: object) -> str:
    """Return a fingerprint as it is compared: 64 hex digits, however it was grouped; raise BadInput otherwise."""
    text = "".join(str(fingerprint).replace(":", " ").split()).lower().removeprefix("sha256")
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise BadInput("A fingerprint has 64 hex digits; blanks and colons between them do not matter.")
    return text


def _write(place: Place, rows: list[dict[str, Any]]) -> None:
    if len(rows) > _MOST:
        raise BadInput(f"More than {_MOST} known keys are too many.")
    try:
        keyfile.write_private(place.config / "known-keys.json", canonical({"v": 1, "known": rows}))
    except OSError as error:
        raise CannotStart(f"{place.config} cannot be written: {error.strerror or error}.") from error
