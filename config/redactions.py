"""Redaction files: whom and what the public edition of a case hides, written by people in YAML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.mistakes import unreadable
from config.ordinary import ORDINARY
from core.errors import BadInput

MAX_BYTES = 1_000_000
SHORTEST = 4  # letters; of scripts that write a word in one or two signs, two
_WIDE = (("\u2e80", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))


def _said(text: str) -> str:
    if not any(c.isalnum() for c in text):
        raise ValueError("there is no letter and no digit in it")
    return text.strip()


Word = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_said)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonEntry(_Part):
    """Somebody to hide: an account we know, or names and handles."""

    account: str | None = Field(
        None, min_length=3, max_length=600, description="The ref of an account: all it was ever called is hidden."
    )
    names: tuple[Word, ...] = ()
    handles: tuple[Word, ...] = ()
    skip: tuple[Word, ...] = Field((), description="What the account is called and what is not looked for in texts.")
    addresses: bool = Field(True, description="Hide the ids and addresses of the posts of the account too.")
    whole_words: bool = Field(False, description="Hide its names only where they stand as words of their own.")
    why: str = Field("", max_length=2_000, description="Goes into the bundle; the names are covered in it too.")

    @model_validator(mode="after")
    def _somebody(self) -> PersonEntry:
        if not (self.account or self.names or self.handles):
            raise ValueError("nobody is named; give an account, names or handles")
        return self


class StringEntry(_Part):
    """A string to hide that is nobody's name: an address, a telephone number, a place."""

    text: Word
    whole_words: bool = False
    why: str = Field("", max_length=2_000)


class Redactions(_Part):
    """What one file asks for."""

    persons: tuple[PersonEntry, ...] = ()
    strings: tuple[StringEntry, ...] = ()
    keep: tuple[Word, ...] = Field((), description="Phrases that stay as they are though a hidden string is in them.")


def load(path: Path) -> Redactions:
    """Read one file; raise BadInput naming the file, the line and what is wrong there."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path} is larger than {MAX_BYTES:,} bytes; name fewer persons, or several files.")
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read as YAML: {unreadable(error)}.") from None
    try:
        found = Redactions.model_validate({} if data is None else data)
    except ValidationError as error:
        worst = error.errors()[0]
        where = ".".join(str(part) for part in worst["loc"]) or "the file"
        says = str(worst.get("ctx", {}).get("error", worst["msg"]))
        raise BadInput(f"{path}, line {_line(node, worst['loc'])}: {where}: {says}; see docs/editions.md.") from None
    for where_, problem in _problems(found):
        raise BadInput(f"{path}, line {_line(node, where_)}: {problem.sentence}")
    return found


@dataclass(frozen=True)
class Problem:
    """A string that would hide more than is meant."""

    text: str
    why: str

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return (
            f"{self.text!r} {self.why}: hiding it wherever it stands would hide much else. Write `whole_words: true` "
            "beside it to hide it only as a word of its own, or (of an account) name it under `skip`."
        )


def problem(text: str) -> Problem | None:
    """Return what speaks against hiding a string wherever it stands; None where nothing does."""
    letters = [c for c in text if c.isalnum()]
    least = 2 if any(a <= c <= b for c in letters for a, b in _WIDE) else SHORTEST
    if len(letters) < least:
        return Problem(text, f"has fewer than {least} letters")
    if text.casefold().strip("@# ") in ORDINARY:
        return Problem(text, "is an ordinary word")
    return None


def _problems(found: Redactions) -> Iterator[tuple[Sequence[Any], Problem]]:
    for n, person in enumerate(found.persons):
        for key in ("names", "handles"):
            for at, text in enumerate(getattr(person, key)):
                if not person.whole_words and (wrong := problem(text)) is not None:
                    yield ("persons", n, key, at), wrong
    for n, string in enumerate(found.strings):
        if not string.whole_words and (wrong := problem(string.text)) is not None:
            yield ("strings", n, "text"), wrong


def _line(node: yaml.Node | None, place: Sequence[Any]) -> int:
    """Return the line (from 1) of a place in a document, or of the last part of it that is there."""
    line = 1
    for step in place:
        if node is not None:
            line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return line
