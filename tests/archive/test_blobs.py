"""Blobs are kept once, whole or not at all, and change shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.blobs import Blobs
from core.errors import BadInput, CannotStart, TooLarge

DIGEST = hashlib.sha256(b"picture").hexdigest()


def test_bytes_and_streams_are_kept_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    assert blobs.put(b"picture", cap=100) == blobs.put(iter([b"pic", b"ture"]), cap=100) == DIGEST
    assert blobs.get(DIGEST) == b"picture"
    assert DIGEST in blobs
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [Path(DIGEST[:2]) / DIGEST[2:4] / DIGEST]


def test_what_is_over_the_cap_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="larger than 6 bytes"):
        Blobs(tmp_path).put(b"picture", cap=6)
    assert list(tmp_path.rglob("*")) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise TooLarge("the source said stop")

    with pytest.raises(TooLarge):
        Blobs(tmp_path).put(pieces(), cap=100)
    assert list(tmp_path.rglob("*")) == []


def test_change_shows(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    blobs.put(b"picture", cap=100)
    blobs.path(DIGEST).write_bytes(b"forgery")
    with pytest.raises(BadInput, match="was changed"):
        blobs.get(DIGEST)


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_what_is_not_there_is_told(tmp_path: Path, digest: str) -> None:
    with pytest.raises(BadInput):
        Blobs(tmp_path).get(digest)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be written"):
        Blobs(tmp_path / "file" / "blobs")
