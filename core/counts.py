"""Read counters as pages write them, and remember how far they were rounded: "1.2K" is 1200 in steps of 100."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_SIGNS = (
    (3, "k", "thousand", "tsd", "mil", "тыс", "tys", "rb", "ribu", "хил", "พัน", "천", "हज़ार"),
    (4, "万", "萬", "만", "หมื่น"),
    (6, "m", "mn", "mio", "million", "millions", "mi", "mln", "млн", "jt", "juta", "tr", "triệu", "ล้าน", "백만"),
    (8, "亿", "億", "억"),
    (9, "b", "bn", "billion", "mrd", "md", "млрд", "mld"),
)
_POWER = {sign: power for power, *signs in _SIGNS for sign in signs}
_COUNT = re.compile(
    r"(?P<number>\d{1,3}(?:[.,' \u00a0\u202f\u2009]\d{3})+(?!\d)|\d{1,18}(?:[.,]\d{1,3})?)"
    r"\s{0,2}(?P<sign>[^\W\d_]{0,9})"
)


class Counted(NamedTuple):
    """A counter and the step it was rounded to; 1 where it is exact."""

    number: int
    step: int


def counted(text: str | None) -> Counted | None:
    """Return the counter at the head of a text ("1,234", "1.2K views", "3,4 тыс.", "1.2万"), None where none stands.

    A separator before three digits groups thousands unless a sign like K follows; otherwise it is the decimal mark.
    """
    text = unicodedata.normalize("NFKC", (text or "")[:100]).strip()
    found = _COUNT.match(text)
    if found is None:
        return None
    number, sign = found["number"], found["sign"].casefold()
    power = _POWER.get(sign, 0)
    groups = re.fullmatch(r"\d{1,3}(?:[.,' \u00a0\u202f\u2009]\d{3})+", number)
    if power == 0:
        # "1.234" is one thousand and more; nobody counts in fractions
        whole = re.sub(r"\D", "", number) if groups else re.split(r"[.,]", number)[0]
        return Counted(int(whole), 1)
    if groups and len(groups[0]) > 5:  # "1,234.5K" does not occur, "12,345K" does
        return Counted(int(re.sub(r"\D", "", number)) * 10**power, 10**power)
    whole, _, fraction = number.replace(",", ".").partition(".")
    step = 10 ** max(power - len(fraction), 0)
    return Counted(int(f"{whole}{fraction}") * step, step)


def granularity(**counters: Counted | None) -> dict[str, int] | None:
    """Return the steps of those counters that were rounded, as records.Metrics and records.Counts keep them."""
    return {name: one.step for name, one in counters.items() if one and one.step > 1} or None
