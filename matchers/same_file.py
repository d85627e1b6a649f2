"""The same file, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from core.records import Post
from matchers.base import Matcher, Verdict


class FileSame(Matcher):
    """The same file, byte for byte: pictures, films and sounds that were passed on as they are."""

    id = "file.same"
    title = "The same file"
    modality: ClassVar = "picture"
    reads: ClassVar = ()  # files are told apart by the digest of what was kept, not by what a post says
    parameters: ClassVar[Mapping[str, Any]] = {"digest": "sha256"}
    intrinsic: ClassVar[float] = 18.0

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return nothing: files are compared, not posts."""
        return ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return nothing: files are compared, not posts."""
        return None
