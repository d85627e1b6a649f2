"""Join what a redaction file asks for with what is stored, and refuse a bundle in which something was left."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from core.errors import BadInput, CannotStart, CopytrailError

if TYPE_CHECKING:
    from config.redactions import PersonEntry
    from evidence.pseudonyms import Cast, Names, Person
    from evidence.public import Public
    from evidence.targets import Target
    from runner.workspace import Workspace

SALT = "pseudonyms.salt"
_PASSPHRASES = ("COPYTRAIL_KEY_PASSPHRASE", "COPYTRAIL_BUNDLE_PASSPHRASE", "COPYTRAIL_BACKUP_PASSPHRASE")
_WEAKEST = 10  # letters of a password that is a plain word; a shorter one stands everywhere
_ACCOUNTS = ("_HANDLE", "_ACCOUNT_ID")  # of variables that name our account at a platform, and no key

Progress = Callable[[int, int | None], None]


class LeftIn(CopytrailError):
    """Report that a finished bundle held what must not leave the house; it was deleted."""


def redactor(
    workspace: Workspace, conn: Any, case: str, asked: Sequence[str], progress: Progress | None = None
) -> tuple[Public, list[str]]:
    """Return the redactor of a case and what the user should be told.

    `asked` are refs of accounts and paths of redaction files (*.yml). Raises BadInput where one cannot be used: an
    unknown account, a name so short or ordinary that it would hide much else.
    """
    from evidence.hiding import Hider
    from evidence.public import Public
    from evidence.secrets import KINDS

    cast, keep, warnings = _cast(workspace, conn, case, asked)
    own = [target for name, value in own_secrets(workspace).items() for target in _own(name, value)]
    hider = Hider([*cast.targets(), *own, *_local(workspace)], keep, KINDS)
    title = hider.hide(case)[0]
    if title != case:
        warnings.append(f"The name of the case holds something hidden; it reads {title!r} in the public edition.")
    return Public(cast, hider, progress), warnings


def refuse(workspace: Workspace, path: Path, public: Public | None = None, progress: Progress | None = None) -> None:
    """Read a finished bundle as a stranger would; delete it and raise LeftIn where something was left in it.

    Of every edition our own secrets are looked for, of the public one (`public` given) all that it hides too.
    """
    from evidence.hiding import Hider
    from evidence.scan import search
    from evidence.secrets import hider

    wanted = public.hider if public is not None else hider(_searchable(own_secrets(workspace)))
    assert isinstance(wanted, Hider)  # noqa: S101 - for the type alone
    found = search(path, wanted, strict=public is not None, progress=progress)
    if not found:
        return
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)
    more = f" and {len(found) - 3} other places" if len(found) > 3 else ""
    places = "; ".join(one.sentence for one in found[:3])
    raise LeftIn(
        f"The bundle was deleted, as something was left in it: {places}{more}. Name what stands there in the file of "
        "--redact, or leave that post out with --item; if the bundle was to hold it, say so under `keep`."
    )


def own_secrets(workspace: Workspace) -> dict[str, str]:
    """Return every secret of ours by name: keys of platforms, passphrases, the password of the database."""
    from runner.recognise import all_sources

    names = {name for source in all_sources().values() for name in source.secrets} | set(_PASSPHRASES)
    found = {name: value for name in sorted(names) if (value := os.environ.get(name))}
    for name, url in (("database.url", workspace.settings.database.url),):
        if password := urlsplit(url).password if url else None:
            found[f"password of {name}"] = unquote(password)
    return found


def _searchable(own: Mapping[str, str]) -> dict[str, str]:
    """Return secrets that can be told from words: a password that is a short plain word stands everywhere.

    The name of our account at a platform is no key: it stands in what we ask for, and only public editions hide it.
    """
    return {
        name: value
        for name, value in own.items()
        if not (value.isalpha() and len(value) < _WEAKEST) and not name.endswith(_ACCOUNTS)
    }


def _own(name: str, value: str) -> Iterator[Target]:
    from core.redact import HIDDEN
    from evidence.secrets import SHORTEST
    from evidence.targets import Target

    if len(value) >= SHORTEST and (name.endswith(_ACCOUNTS) or _searchable({name: value})):
        yield Target(value, HIDDEN, "secret-ours")


def _local(workspace: Workspace) -> Iterator[Target]:
    """Yield what names this machine and who is logged in, but for words that stand everywhere."""
    from config.redactions import problem
    from evidence.targets import Target

    for text in {str(workspace.root), str(Path.home())}:
        if text.count("/") > 1 or "\\" in text:
            yield Target(text, "workspace", "local")
    for ask in (socket.gethostname, getpass.getuser):
        try:
            text = ask()
        except (OSError, KeyError):
            continue
        if problem(text) is None and text != "localhost":
            yield Target(text, "local", "local", whole=True)


def _cast(workspace: Workspace, conn: Any, case: str, asked: Sequence[str]) -> tuple[Cast, list[str], list[str]]:
    from config.redactions import PersonEntry, StringEntry, load
    from evidence.pseudonyms import Cast, Names, Phrase

    entries: list[PersonEntry] = []
    strings: list[StringEntry] = []
    keep: list[str] = []
    for one in asked:
        if one.lower().endswith((".yml", ".yaml")):
            file = load(Path(one))
            entries, strings, keep = [*entries, *file.persons], [*strings, *file.strings], [*keep, *file.keep]
        else:
            entries.append(PersonEntry(account=one))
    names, warnings = Names(salt(workspace), case), list[str]()
    persons = [_person(conn, entry, names, warnings) for entry in entries]
    phrases = [Phrase(names.label("hidden", s.text), s.text, s.why, s.whole_words) for s in strings]
    return Cast(names, tuple(persons), tuple(phrases)), keep, warnings


def _person(conn: Any, entry: PersonEntry, names: Names, warnings: list[str]) -> Person:
    """Return a person with all that the account was ever called; raise BadInput where a name would hide much else."""
    from config.redactions import problem
    from evidence.pseudonyms import Own, Person
    from storage.called import ever_called, posts_of

    given = [*entry.names, *entry.handles]
    called = ever_called(conn, entry.account) if entry.account else None
    stored = [*called.handles, *called.names, *called.urls] if called else []
    texts = [t for t in _plain([*given, *stored]) if t not in entry.skip]
    for text in texts:
        if not entry.whole_words and (wrong := problem(text)) is not None:
            raise BadInput(f"{entry.account or 'A person'} is called {wrong.sentence}")
    label = names.label("person", entry.account or given[0], texts)
    parts = {part for t in texts for part in t.split() if part not in texts and problem(part) is None}
    alone = "alone is not hidden, only with the rest of the name; add it under names to hide it."
    warnings += [f"{label}: {part!r} {alone}" for part in sorted(parts)]
    posted = posts_of(conn, entry.account) if entry.account and entry.addresses else ()
    posts = tuple(Own(names.label("post", p.ref), p.ref, p.native_id, p.urls) for p in posted)
    return Person(
        entry.account or given[0], label, posts=posts, strings=() if entry.whole_words else tuple(texts),
        words=tuple(texts) if entry.whole_words else (), refs=frozenset({entry.account} if entry.account else ()),
        ids=tuple(i for i in called.ids if i not in entry.skip) if called else (), why=entry.why,
    )  # fmt: skip


def _plain(texts: Iterable[str]) -> list[str]:
    """Return each text once, handles without their @."""
    return sorted({t.strip().removeprefix("@") for t in texts if any(c.isalnum() for c in t)})


def salt(workspace: Workspace) -> bytes:
    """Return the salt of pseudonyms; it is made once, kept in the workspace alone, and never leaves it."""
    from runner.keyfile import write_private

    path = workspace.root / SALT
    try:
        if not path.exists():
            write_private(path, secrets.token_hex(32).encode(), fresh=True)
        found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise CannotStart(f"{path} cannot be used ({error}); restore it from your backup.") from error
    if len(found) < 32:
        raise CannotStart(f"{path} is too short to be a salt; restore it from your backup.")
    return found
