"""The same wording in a picture as in another picture or in a post, as far as a machine reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from core.records import Post
from matchers import wording
from matchers.base import Matcher, Verdict
from matchers.judged import KINDS
from matchers.wording import Groups

NEAR = 0.5  # part of the character sequences; a fifth of what is read may be read wrongly, on both sides


class ImageWords(Matcher):
    """Words read in a picture that stand in another picture, or in the text of a post. They support, no more."""

    id = "image.words"
    title = "Words in a picture"
    reads: ClassVar = ()  # pictures are read when they are kept, and compared by what was read then
    parameters: ClassVar[Mapping[str, Any]] = wording.parameters(NEAR)
    intrinsic: ClassVar[Mapping[str, float]] = {"B": 12.0, "C": 4.0}

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return nothing: what is read in pictures has an index of its own."""
        return ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return nothing: `compare` in this file compares what was read."""
        return None


def compare(left: str, right: str, where: str) -> Verdict | None:
    """Return what two texts have in common, at least one of them read in a picture; `where` says which. B at most."""
    judged = wording.judge([left, right], Groups.of([(0, 1)]), np.array([-1, -1]), near=NEAR, spans=True)
    if not judged.kind[0]:
        return None
    said = judged.verdict(0)
    sentence = f"By the words a machine read {where}: {said.sentence}"
    detail = {**said.detail, "read": where, "wording": KINDS[int(judged.kind[0])]}
    return Verdict(said.score, "B" if said.strength in "AB" else "C", sentence, detail)
