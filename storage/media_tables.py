"""Media that were fetched: what became of an address, apart from the posts that show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from storage.tables import JSON_TYPE, Row


class MediaFile(Row, table=True):
    """One address of a picture, video or sound that was asked for, and what came of the last attempt.

    `key` is the SHA-256 of the address: addresses are too long for an index. `exif` holds what the file says of itself
    (camera, time, place): it may be personal data, so it stands here and never in a post.
    """

    __tablename__ = "media_files"
    key: str = Field(primary_key=True)
    url: str = Field(sa_type=Text)
    kind: str
    status: str  # kept, refused (for good), failed (may pass)
    sha256: str | None = Field(default=None, index=True)
    bytes: int | None = Field(default=None, sa_type=BigInteger)
    mime: str | None = None
    fetched_at: datetime
    attempts: int = 1
    capture: str | None = None
    finding: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)
    exif: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)
