"""Make what a page tells of each exhibit out of its item, its capture and the rows of the case."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from evidence.bare import defanged as defanged
from evidence.bare import grouped as grouped
from evidence.bare import harmless as harmless
from evidence.contents import Contents, Exhibit, Row
from evidence.differences import difference
from evidence.instants import Told, clock, told
from evidence.svg import identifier, short
from evidence.ways import exhibit_labels

LONG = 20_000  # characters of a text on the page; the whole text is in item.json and in the tables
WORDINGS = 20  # that are laid beside each other
SENTENCES = 12  # of matches with one exhibit; all of them are in the table of pairs
OBSERVATIONS = 30
# what stands before it on the page already
_SAID = re.compile(r"^(Not seen|Seen|Nothing can be told) at \S+ \((answer \d+|shown)\)\.?$")
_WHEN = re.compile(r"^(Not seen|Seen|Nothing can be told|Changed, as seen) at \S+ \((.+)\)\.?$")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")
_STRENGTH = {"A": "strong", "B": "supporting", "C": "context only"}
_ROUTE = {
    "api": "the platform's own interface (API)", "feed": "a feed of the site", "page": "the page a reader sees",
    "import": "a file somebody brought; not captured by us",
}  # fmt: skip
_OUTCOME = {
    "seen": "seen unchanged", "changed": "seen with another wording", "not_seen": "not seen", "walled": "behind a wall",
    "unclear": "unclear",
}  # fmt: skip


class Case:
    """The rows of a case, found by the ref of a post."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.labels = exhibit_labels(contents)
        self.posts = {str(post["ref"]): post for post in contents.posts}
        # captured by other software and imported: when, only it says
        self.foreign = {str(e.item.get("ref")) for e in contents.exhibits if e.item.get("elsewhere")}
        self.foreign |= set(map(str, contents.method.get("elsewhere") or ()))
        self.media: dict[str, list[Row]] = defaultdict(list)
        for row in contents.media:
            self.media[str(row.get("ref"))].append(row)
        self.observations: dict[str, list[Row]] = defaultdict(list)
        for row in contents.observations:
            self.observations[str(row.get("ref") or row.get("post"))].append(row)
        self.pairs: dict[str, list[Row]] = defaultdict(list)
        for pair in sorted(contents.pairs, key=_weight):
            for side in {pair["left"], pair["right"]} & self.labels.keys():
                self.pairs[side].append(pair)
        self.family: dict[str, str] = {}
        for family in contents.families:
            self.family.update(dict.fromkeys(map(str, family["members"]), str(family["id"])))

    def named(self, ref: str) -> dict[str, Any]:
        """Return how a post is called in a sentence: by its number where it is an exhibit, else by its ref."""
        post = self.posts.get(ref) or {}
        return {"ref": ref, "label": self.labels.get(ref), "platform": post.get("platform") or ref.split(":", 1)[0]}

    def exhibit(self, exhibit: Exhibit) -> dict[str, Any]:
        """Return all that a page tells of one exhibit."""
        item, zone, ref = exhibit.item, self.contents.zone, str(exhibit.item.get("ref"))
        method, post = self.contents.method, self.posts.get(ref) or {}
        text = str(item.get("text") or "")
        links = self.pairs.get(ref, [])
        return {
            "label": f"E{exhibit.number:03}", "name": exhibit.name, "ref": ref, "kind": item.get("kind") or "post",
            "platform": item.get("platform") or "unknown", "site": post.get("site"),
            "community": post.get("community"), "author": _author(item.get("author") or {}),
            "published": published(item, post, zone), "edited": _edited(item, post, zone),
            "captured": clock(item.get("first_seen"), zone),
            "route": _ROUTE.get(str(post.get("route")), "not recorded"),
            "url": defanged(item.get("url_requested")), "final": defanged(item.get("url_final")),
            "title": item.get("title"), "text": text[:LONG], "cut": max(0, len(text) - LONG),
            "language": _language(item.get("language")), "words": headline(item), "counts": _counts(item),
            "counted": clock(item.get("counts_at"), zone), "wordings": self._wordings(item),
            "observations": self._observed(item, ref), "media": self._media(item, ref),
            "capture": _capture(exhibit.capture, zone),
            "archived": list((method.get("archived") or {}).get(exhibit.name, ())),
            "family": self.family.get(ref), "anchor": identifier(f"family-{self.family.get(ref)}"),
            "matches": [self._match(pair, ref) for pair in links[:SENTENCES]],
            "unlisted": len(links[SENTENCES:]), "stamps": self.stamps(exhibit.name),
            "wacz": (method.get("wacz") or {}).get(exhibit.name), "thumbnail": exhibit.thumbnail is not None,
            "records": sorted((item.get("records") or {}).items()), "parser": item.get("parser") or {},
            "missing": _unknown(item.get("missing")), "elsewhere": self._elsewhere(item.get("elsewhere")),
            "sealed": (item.get("records") or {}).get("answer") is not None or bool(exhibit.records),
        }  # fmt: skip

    def stamps(self, name: str) -> list[dict[str, Any]]:
        """Return the time stamps over what an exhibit was captured as, each with its state in words."""
        rows = (self.contents.method.get("stamps") or {}).get(name) or ()
        return [{**row, "told": clock(row.get("at"), self.contents.zone), "why": row.get("why")} for row in rows]

    def _elsewhere(self, origin: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return who captured what we imported, and what our checks said of it then."""
        if not origin:
            return None
        return {"name": origin.get("name") or "a file", "sha256": origin.get("sha256"),
                "software": origin.get("software") or "unknown software", "verdict": origin.get("verdict") or "unknown",
                "at": clock(origin.get("imported_at"), self.contents.zone)}  # fmt: skip

    def _match(self, pair: Mapping[str, Any], ref: str) -> dict[str, Any]:
        other = str(pair["right"] if pair["left"] == ref else pair["left"])
        strength = _STRENGTH.get(str(pair.get("strength")), str(pair.get("strength")))
        return {"other": self.named(other), "sentence": harmless(pair["sentence"]), "strength": strength,
                "matcher": pair["matcher"], "judgement": pair.get("judgement")}  # fmt: skip

    def _wordings(self, item: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return each step from one wording to the next, aligned; the current one comes last."""
        kept = sorted(item.get("versions") or (), key=lambda v: (str(v.get("seen_at") or ""), v.get("n") or 0))
        texts = [(v.get("seen_at"), joined(v)) for v in kept]
        current = joined(item)
        if texts and all(text != current for _, text in texts):
            texts.append((None, current))
        steps = []
        for (_, before), (at, after) in list(pairwise(texts))[-WORDINGS:]:
            if before != after:
                steps.append({"at": clock(at, self.contents.zone), "current": after == current, "dated": at is not None,
                              "runs": difference(before, after)})  # fmt: skip
        return steps

    def _observed(self, item: Mapping[str, Any], ref: str) -> list[dict[str, Any]]:
        rows = sorted(item.get("observations") or self.observations.get(ref, []), key=lambda row: str(row.get("at")))
        return [
            {
                "at": clock(row.get("at"), self.contents.zone),
                "word": _OUTCOME.get(str(row.get("outcome")), "unclear"),
                "status": row.get("status"),
                "sentence": harmless(_WHEN.sub(r"\2", _SAID.sub("", str(row.get("sentence") or "")))),
            }
            for row in rows[-OBSERVATIONS:]
        ]

    def _media(self, item: Mapping[str, Any], ref: str) -> list[dict[str, Any]]:
        kept = {row.get("url"): row for row in self.media.get(ref, [])}
        shown = []
        for row in item.get("media") or ():
            known = kept.get(row.get("url")) or {}
            finding = known.get("finding") or {}
            shown.append({
                "kind": row.get("kind") or "file", "url": defanged(row.get("url")),
                "sha256": row.get("sha256") or known.get("sha256"), "mime": row.get("mime") or known.get("mime"),
                "bytes": row.get("bytes") or known.get("bytes"),
                "why": None if row.get("sha256") or known.get("sha256") else finding.get("sentence") or "not kept",
            })  # fmt: skip
        return shown


def published(item: Mapping[str, Any], post: Mapping[str, Any], zone: str) -> Told:
    """Return when a post says it was published; what is known of the zone stands in its row."""
    row = dict(post.get("published") or {})
    instant = {
        "at": item.get("created_at") or row.get("at"),
        "verbatim": item.get("created_at_verbatim") or row.get("verbatim"),
        "precision": item.get("created_at_precision") or row.get("precision") or "unknown",
        "source": item.get("created_at_source") or row.get("source") or "platform",
        "zone": item.get("created_at_zone") or row.get("zone") or "unknown",
    }  # fmt: skip
    return told(instant, zone)


def headline(item: Mapping[str, Any], most: int = 90) -> str:
    """Return a few words by which a reader knows an exhibit again."""
    return short(str(item.get("title") or item.get("text") or "(no text)")[:600], most)


def joined(row: Mapping[str, Any]) -> str:
    """Return title and text of a wording as one text."""
    return "\n\n".join(str(row[name]) for name in ("title", "text") if row.get(name))


def _weight(pair: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        str(pair.get("strength")),
        -float(pair.get("score") or 0),
        str(pair["left"]),
        str(pair["right"]),
        str(pair["matcher"]),
    )


def _author(author: Mapping[str, Any]) -> dict[str, str]:
    handle = str(author.get("handle") or "")
    name = str(author.get("name") or "")
    return {"shown": name or handle or "not shown", "handle": handle if name and handle != name else "",
            "id": harmless(str(author.get("id") or "")), "url": defanged(author.get("profile_url"))}  # fmt: skip


def _edited(item: Mapping[str, Any], post: Mapping[str, Any], zone: str) -> Told | None:
    if post.get("edited"):
        return told(post["edited"], zone)
    return clock(item["edited_at"], zone) if item.get("edited_at") else None


def _language(language: object) -> str | None:
    return language if isinstance(language, str) and _LANGUAGE.fullmatch(language) else None


def _counts(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    counts = item.get("counts") or {}
    steps = counts.get("granularity") or {}
    return [(name, f"{value:,}" + (f" (rounded to {steps[name]:,})" if name in steps else ""))
            for name, value in counts.items() if isinstance(value, int)]  # fmt: skip


def _capture(capture: Mapping[str, Any] | None, zone: str) -> dict[str, Any] | None:
    """Return how a page was captured, in the words of capture.json."""
    if capture is None:
        return None
    server, resources = capture.get("server") or {}, capture.get("requests") or {}
    return {
        "at": clock(capture.get("ended") or capture.get("started"), zone),
        "outcome": capture.get("outcome") or "unknown",
        "status": capture.get("status"), "reason": harmless(str(capture.get("reason") or "")),
        "route": capture.get("route"),
        "final": defanged(capture.get("final_url")), "address": server.get("address"), "tls": server.get("tls"),
        "certificate": server.get("certificate_sha256"), "browser": capture.get("browser"),
        "hops": [(defanged(hop.get("url")), hop.get("status")) for hop in capture.get("redirects") or ()],
        "requests": [(name, resources[name]) for name in ("requested", "recorded", "failed", "blocked", "local")
                      if resources.get(name) is not None],
        "truncated": len(capture.get("truncated") or ()), "missing": _unknown(capture.get("missing")),
    }  # fmt: skip


def _unknown(missing: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return what is not known by its reason: one line for all that share it."""
    by: dict[str, list[str]] = defaultdict(list)
    for key, why in sorted((missing or {}).items()):
        by[harmless(str(why)).rstrip(".")].append(str(key).replace("_", " "))
    return [(", ".join(keys), why) for why, keys in by.items()]


def sentences(rows: Iterable[Mapping[str, Any]], zone: str) -> Sequence[dict[str, Any]]:
    """Return findings with their moment in words."""
    return [
        {
            "at": clock(row.get("at"), zone),
            "sentence": harmless(row.get("sentence") or ""),
            "url": defanged(row.get("url")),
        }
        for row in rows
    ]
