"""Accounts called alike: one handle on two platforms, one stem with other digits, one name, a handle passed on.

Many people are called alike without knowing of one another, so this is context (strength C) of two bits at most, never
alone a reason to link anybody. Handles that platforms make up by themselves are compared whole only.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from math import log2
from typing import Any, ClassVar, NamedTuple

from matchers.base import Verdict
from matchers.fold import folded
from matchers.items import ItemMatcher
from matchers.weights import CEILINGS, PRIOR

LONGEST = 100  # characters of a handle or name that are read; platforms allow 64 at most
STEM, HANDLE, SLIP = 7, 9, 12  # letters of a stem, letters and digits of a handle, letters of a stem with a slip: the
# least that say anything. Given names mostly have six letters or fewer.
NAME = 12  # letters of a display name; 5 of a script without spaces
MOST = 8  # accounts that may share a key; a stem of more is a common word or name here

_DEFAULT = {  # handles that a platform suggests or makes; the form is public on each sign-up page
    "x": re.compile(r"^[A-Za-z_]{2,15}\d{7,8}$"),
    "reddit": re.compile(r"^[A-Z][a-z]+[-_]?[A-Z][a-z]+[-_]?\d{1,4}$"),
    "tiktok": re.compile(r"^user\d{5,}$"),
    "youtube": re.compile(r"-[a-z0-9]{2}\d[a-z0-9]$|^user-[a-z0-9]{10}$", re.I),
}
_ANYWHERE = re.compile(
    r"^(?:user|id|member|guest|anonymous|disqus_|account|profile|channel|newuser)[-_.]?\w*\d\w*$|^\d+$", re.I
)
_APART = re.compile(r"[\W_]+")
_STEM = re.compile(r"^\d{0,12}(\D(?:.*\D)?)\d{0,16}$", re.S)
# Words that stand in very many handles. Parts of speech and trades of accounts, no names of persons.
_WORDS = """
official officiel oficial realofficial admin news online media channel gaming gamer music photo photography video studio
design store shop world global daily travel fitness football fashion thereal iamthe account backup user username
marketing business company support service digital freedom patriot crypto bitcoin trading whoever johndoe janedoe
"""
_USUAL = frozenset(_WORDS.split())


class Account(NamedTuple):
    """An account as it is compared; `before` holds the handles it had before."""

    ref: str
    platform: str
    site: str | None
    handle: str | None
    name: str | None
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alike:
    """In which way two accounts are called alike, and by what they met."""

    way: str
    key: str
    score: float
    sentence: str
    says: float  # bits by itself, before how many share it is counted
    detail: dict[str, Any] = field(default_factory=dict)


class AccountHandle(ItemMatcher):
    """Accounts with one handle, stem of a handle, or display name."""

    id = "account.handle"
    title = "Accounts called alike"
    modality: ClassVar = "account"
    max_holders: ClassVar[int] = MOST


class AccountReused(ItemMatcher):
    """A handle that two accounts of one platform wore at different times."""

    id = "account.reused"
    title = "Handle worn by two accounts"
    modality: ClassVar = "account"


@lru_cache(maxsize=65_536)
def plain(text: str | None) -> str:
    """Return a handle or name as it is compared: letters and digits alone, in one script's look; "" if over-long."""
    if not text or len(text) > LONGEST:
        return ""
    if text.isascii():
        return _APART.sub("", text).lower()
    kept = _APART.sub("", unicodedata.normalize("NFKC", text))
    return (kept.lower() if kept.isascii() else folded(kept))[:LONGEST]


def stem(platform: str, handle: str | None) -> str:
    """Return a handle without the digits around it; "" where it is short, usual, or made up by a platform."""
    whole = plain(handle)
    if not whole or is_default(platform, handle or "") or not (found := _STEM.match(whole)):
        return ""
    return found[1] if len(found[1]) >= STEM and found[1] not in _USUAL else ""


def is_default(platform: str, handle: str) -> bool:
    """Return whether a handle is of the form that platforms give to whoever chooses none."""
    bare = handle.strip().lstrip("@")
    own = _DEFAULT.get(platform)
    return bool(_ANYWHERE.match(bare)) or bool(own and own.search(bare))


def keys(account: Account) -> tuple[str, ...]:
    """Return what an account can be found by: handles it has and had, stems, stems less a letter, its name."""
    found: dict[str, None] = {}
    for handle in (account.handle, *account.before):
        if _is_rare(handle):
            found[f"handle {plain(handle)}"] = None
        if short := stem(account.platform, handle):
            found[f"stem {short}"] = None
            if SLIP <= len(short) <= 24 and handle == account.handle:
                found.update((f"slip {cut}", None) for cut in _cuts(short))
    if _is_telling(account.name):
        found[f"name {plain(account.name)}"] = None
    return tuple(found)


def alike(left: Account, right: Account) -> Alike | None:
    """Return the strongest way in which two accounts are called alike, or None."""
    if left.ref == right.ref:
        return None
    return _same_handle(left, right) or _same_stem(left, right) or _same_name(left, right)


def _same_handle(left: Account, right: Account) -> Alike | None:
    one = plain(left.handle)
    if one != plain(right.handle) or not _is_rare(left.handle):
        return None
    if (left.platform, left.site) == (right.platform, right.site):
        return None  # that is a handle passed on, or one account known under two names
    sentence = f"One handle on two sites: {_shown(left)} and {_shown(right)}."
    return Alike("handle", f"handle {one}", 1.0, sentence, 1.5 * (len(one) - 4))


def _same_stem(left: Account, right: Account) -> Alike | None:
    one, two = stem(left.platform, left.handle), stem(right.platform, right.handle)
    if not one or not two or plain(left.handle) == plain(right.handle):
        return None
    if one == two:
        sentence = f"One stem with other digits: {_shown(left)} and {_shown(right)}."
        return Alike("stem", f"stem {one}", 0.6, sentence, float(len(one) - 4), {"stem": one})
    if min(len(one), len(two)) >= SLIP and one[0] == two[0] and (shared := _cuts(one) & _cuts(two)):
        sentence = f"Stems that differ by one letter: {_shown(left)} and {_shown(right)}."
        key = max(shared, key=lambda cut: (len(cut), cut))
        return Alike("slip", f"slip {key}", 0.5, sentence, float(len(one) - 8), {"stems": sorted((one, two))})
    return None


def _same_name(left: Account, right: Account) -> Alike | None:
    if not _is_telling(left.name) or plain(left.name) != plain(right.name):
        return None
    if (left.platform, left.site) == (right.platform, right.site):
        return None
    sentence = f"One display name on two sites: {(left.name or '')[:LONGEST]!r} of {_shown(left)} and {_shown(right)}."
    return Alike("name", f"name {plain(left.name)}", 0.4, sentence, 1.0, {"name": left.name})


def _is_rare(handle: str | None) -> bool:
    """Return whether a handle is long enough: digits after a short name (anna01) are chosen by many."""
    whole = plain(handle)
    core = _STEM.match(whole)
    return whole not in _USUAL and (len(whole) >= HANDLE or bool(core and len(core[1]) >= STEM))


def _is_telling(name: str | None) -> bool:
    whole = plain(name)
    least = NAME if whole.isascii() else 5
    return len(whole) >= least and not whole.isdigit() and whole not in _USUAL


def _cuts(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(1, len(word)))}


def _shown(account: Account) -> str:
    where = account.site or account.platform
    return f"{(account.handle or account.name or account.ref)[:LONGEST]} ({where[:LONGEST]})"


def verdict(found: Alike, others: int, accounts: int) -> tuple[Verdict, float]:
    """Return what is said and its bits: less where more accounts share it, two at most."""
    bits = round(min(4.0 / (others + 2), _rarity(others, accounts, found.says), CEILINGS[AccountHandle.modality]), 2)
    many = f" {others + 2} accounts here share it." if others else ""
    sentence = f"{found.sentence}{many} Many are called alike; this links nobody by itself."
    return Verdict(found.score, "C", sentence, {"way": found.way, "holders": others + 2, **found.detail}), bits


def _rarity(others: int, accounts: int, says: float) -> float:
    """Return what `weights.rarity` does, for one pair at a time: accounts meet by the hundred thousand."""
    strangers = (others + PRIOR * 2.0 ** -max(0.0, says)) / (max(accounts, 1) + PRIOR)
    return max(0.0, -log2(min(1.0, strangers)))


def reused(handle: str, where: str, first: tuple[str, str, str], then: tuple[str, str, str]) -> Verdict:
    """Return that two accounts of one place wore a handle; each as (ref, seen from, seen to), the earlier first."""
    sentence = (
        f"Two accounts of {where[:LONGEST]} wore the handle {handle[:LONGEST]}: {first[0]} (captured {first[1]} to "
        f"{first[2]}) and {then[0]} (captured {then[1]} to {then[2]}). A handle given up may be taken by anybody."
    )
    detail = {"handle": handle[:LONGEST], "worn": [list(first), list(then)]}
    return Verdict(1.0, "C", sentence, detail)
