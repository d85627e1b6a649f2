"""Time-stamp authorities: who may say when something existed, with the certificates pinned beforehand."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import CannotStart

if TYPE_CHECKING:
    from config.settings import Settings

FOLDER = Path(__file__).parent / "authorities"
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----\s*")


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority: where it is asked, whose it is, and the certificates (PEM) its tokens must lead to."""

    id: str
    url: str
    owner: str
    roots: tuple[str, ...]
    intermediates: tuple[str, ...] = ()

    def chain(self) -> str:
        """Return all its certificates as PEM, intermediates first: what `tsa-<id>.pem` of a bundle holds."""
        return "".join((*self.intermediates, *self.roots))


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Certificate(_Form):
    """A pinned certificate; `sha256` is of its DER, and a file whose bytes say otherwise is refused."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    published: str = Field(min_length=1, description="Where the owner publishes it, or where we had it from.")
    pem: str

    def checked(self) -> str:
        """Return the PEM in one form; raise ValueError unless it holds one certificate of the stated digest."""
        found = _PEM.fullmatch(self.pem.strip() + "\n")
        if found is None:
            raise ValueError("a certificate is no single PEM block")
        try:
            der = base64.b64decode("".join(found[1].split()), validate=True)
        except binascii.Error as error:
            raise ValueError(f"a certificate is no PEM ({error})") from error
        if (digest := hashlib.sha256(der).hexdigest()) != self.sha256:
            raise ValueError(f"a certificate has the SHA-256 {digest}, and not {self.sha256} as stated")
        text = base64.b64encode(der).decode()
        lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
        return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


class _File(_Form):
    """The form of `config/authorities/*.yml`, and of each entry of a file of one's own."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,30}$")
    url: str = Field(pattern=r"^https?://")
    owner: str = Field(min_length=1)
    about: str = ""
    roots: tuple[_Certificate, ...] = Field(min_length=1)
    intermediates: tuple[_Certificate, ...] = ()

    def authority(self) -> Authority:
        """Return what the rest of the program works with."""
        roots, between = (tuple(c.checked() for c in group) for group in (self.roots, self.intermediates))
        return Authority(self.id, self.url, self.owner, roots, between)


def shipped() -> tuple[Authority, ...]:
    """Return the authorities copytrail ships, by id; raise CannotStart where a file of them is damaged."""
    return tuple(one for path in sorted(FOLDER.glob("*.yml")) for one in read(path))


def known(settings: Settings | None = None, root: Path | None = None) -> tuple[Authority, ...]:
    """Return every authority whose tokens can be checked: those shipped, and those of `[timestamps] own`.

    `own` is a path, relative to the workspace `root`. Raises CannotStart where a file cannot be used.
    """
    found = {one.id: one for one in shipped()}
    if settings is not None and settings.timestamps.own:
        for one in read((root or Path()) / Path(settings.timestamps.own).expanduser()):
            if one.id in found:
                raise CannotStart(f"{settings.timestamps.own}: {one.id} is an authority we ship; call yours otherwise.")
            found[one.id] = one
    return tuple(found.values())


def load(settings: Settings, root: Path | None = None) -> tuple[Authority, ...]:
    """Return the authorities that are to be asked (`[timestamps] authorities`), in that order.

    Raises CannotStart for an id that is neither shipped nor in the file of one's own.
    """
    wanted = settings.timestamps.authorities
    if not wanted:
        return ()
    there = {one.id: one for one in known(settings, root)}
    if missing := [name for name in wanted if name not in there]:
        raise CannotStart(
            f"timestamps.authorities names {missing[0]!r}, which is not known; known are {', '.join(there)}. "
            "Add yours with timestamps.own (docs/time-and-custody.md)."
        )
    return tuple(there[name] for name in dict.fromkeys(wanted))


def pinned(path: Path) -> Iterable[Authority]:
    """Return the authorities of a file that a reader trusts: certificates (PEM), or authorities as `read` takes them.

    A file of certificates is of the authority that its name says, `tsa-<id>.pem` or `<id>.pem`, and the last one in it
    is the root, as in a bundle. Raises CannotStart where the file cannot be used.
    """
    if path.suffix.lower() in (".yml", ".yaml"):
        return read(path)
    try:
        blocks = tuple(found[0].strip() + "\n" for found in _PEM.finditer(path.read_text(encoding="ascii")))
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{path} cannot be used: {error}; see docs/verifying.md.") from None
    if not blocks:
        raise CannotStart(f"{path} holds no certificate (PEM); see docs/verifying.md.")
    return (Authority(path.stem.removeprefix("tsa-"), "", "named with --pin", blocks[-1:], blocks[:-1]),)


def read(path: Path) -> Iterable[Authority]:
    """Return the authorities of a file, one or a list of them; raise CannotStart with what is wrong in it."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = data if isinstance(data, list) else [data]
        return tuple(_File.model_validate(entry).authority() for entry in entries)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CannotStart(f"{path}: {where}: {first['msg']}; see docs/time-and-custody.md.") from None
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror or error}; see docs/time-and-custody.md.") from None
    except (UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise CannotStart(f"{path} cannot be used: {error}; see docs/time-and-custody.md.") from None
