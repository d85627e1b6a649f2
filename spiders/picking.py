"""Take values out of a page by selectors: CSS, then the text or an attribute, then a pattern (see config/sites.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cssselect import HTMLTranslator
from lxml import etree

from config.sites import SELECTOR

MOST_VALUES = 5_000  # elements taken of one page for one selector
LONGEST = 5_000  # characters a pattern is tried on


@dataclass(frozen=True, slots=True)
class Picked:
    """One selector, translated."""

    find: Any  # a compiled XPath; None is the block itself
    attribute: str
    pattern: re.Pattern[str] | None


@cache
def translated(selector: str) -> Picked:
    """Return what a selector means; raise ValueError where its CSS cannot be read."""
    found = SELECTOR.fullmatch(selector.strip())
    if found is None:
        raise ValueError(f"{selector!r} is no selector")
    css = found["css"].strip()
    try:
        xpath = css[6:] if css.startswith("xpath:") else HTMLTranslator().css_to_xpath(css) if css else None
        find = etree.XPath(xpath) if xpath else None
    except (SyntaxError, etree.XPathSyntaxError) as error:  # cssselect's errors are SyntaxErrors
        raise ValueError(f"{css!r} is no CSS selector ({error})") from None
    return Picked(find, found["attribute"] or "", re.compile(found["pattern"]) if found["pattern"] else None)


def elements(node: Any, selectors: Iterable[str]) -> list[Any]:
    """Return the elements that the first selector finds which finds any; those within another one are left out."""
    for selector in selectors:
        picked = translated(selector)
        found = [node] if picked.find is None else picked.find(node)[:MOST_VALUES]
        if picked.attribute:
            found = [one for one in found if _wanted(one.get(picked.attribute), picked.pattern) is not None]
        if found:
            held = set(found)
            return [one for one in found if not any(above in held for above in one.iterancestors())]
    return []


def values(node: Any, selectors: Iterable[str]) -> Iterator[str]:
    """Yield what all selectors find, each value once."""
    seen = set()
    for selector in selectors:
        picked = translated(selector)
        for one in [node] if picked.find is None else picked.find(node)[:MOST_VALUES]:
            said = one.get(picked.attribute) if picked.attribute else text(one)
            value = _wanted(said, picked.pattern)
            if value and value not in seen:
                seen.add(value)
                yield value


def value(node: Any, selectors: Iterable[str]) -> str | None:
    """Return the first value that is found, None for none."""
    return next(values(node, selectors), None)


def text(node: Any) -> str:
    """Return the words of an element in one line, scripts and styles left out."""
    said = (str(piece) for piece in node.xpath(".//text()[not(parent::script or parent::style or parent::noscript)]"))
    return " ".join("".join(said).split())


def inner(node: Any) -> str:
    """Return the HTML of an element without what follows it."""
    return str(etree.tostring(node, method="html", encoding="unicode", with_tail=False))


def _wanted(said: str | None, pattern: re.Pattern[str] | None) -> str | None:
    if said is None:
        return None
    said = " ".join(said[:LONGEST].split())
    if pattern is None:
        return said
    found = pattern.search(said)
    return (found[1] if pattern.groups else found[0]) if found else None
