"""Write what people read in a bundle: README.html to open offline, and the same to print.

Both come of one template. Nothing on the page runs, and nothing of it is fetched but the pictures beside it: a strict
policy stands in its head, every word from outside is escaped, and addresses of the outer world are text, not links.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

from evidence.contents import Contents, Exhibit
from evidence.figures import figures
from evidence.instants import clock, told
from evidence.page import template, visible
from evidence.shown import Case, defanged, grouped, harmless, headline, published, sentences
from evidence.svg import identifier
from evidence.ways import TIERS, drawn_families, way

Container = Literal["bundle", "wacz"]
COPIES, COPIES_PRINTED = 100, 40  # rows in the table of one family; all of them are in data/tables
PRINTED = 200  # exhibits that are printed whole; the others stand in the list, and in README.html
PICTURES = 30_000_000  # bytes of thumbnails that go into the printed report
_PNG = b"\x89PNG\r\n\x1a\n"


def readme(contents: Contents, *, container: Container = "bundle") -> bytes:
    """Return README.html; `container` says what stands around it: the folders of a case bundle, or one WACZ.

    Raises BadInput where this machine does not know the time zone of the contents.
    """
    return _page(contents, container=container, paper=False).encode("utf-8", "replace")


def printed(contents: Contents, *, unprinted: tuple[str, ...] = ()) -> str:
    """Return the page that archive.page.print_pdf prints as report.pdf.

    `unprinted` names the scripts that the fonts at hand could not print (evidence.printing.unprinted): the report then
    says so itself, on its front. Raises BadInput as `readme` does.
    """
    return _page(contents, container="bundle", paper=True, unprinted=unprinted)


def _page(contents: Contents, *, container: Container, paper: bool, unprinted: tuple[str, ...] = ()) -> str:
    case, method, zone = Case(contents), contents.method, contents.zone
    whole = contents.exhibits[:PRINTED] if paper else contents.exhibits
    style = _style(paper) + (_margins(contents, whole) if paper else "")
    drawn = {name: Markup(svg.decode()) for name, svg in figures(contents).items()}  # noqa: S704 - drawn and escaped by us
    changes, rows = method.get("changes"), COPIES_PRINTED if paper else COPIES
    return template("report.html").render(
        case=contents.case, edition=contents.edition, software=contents.software, zone=zone, paper=paper,
        bundle=container == "bundle", made=clock(contents.created, zone), style=Markup(style),  # noqa: S704 - ours
        policy=_policy(style, paper), method=method, unprinted=unprinted, signer=_signer(method),
        listed=[_listed(case, exhibit) for exhibit in contents.exhibits],
        exhibits=(case.exhibit(exhibit) for exhibit in whole), rest=len(contents.exhibits) - len(whole),
        thumbnails=_thumbnails(whole) if paper else {}, overview=drawn.get("overview.svg"),
        families=[_family(case, family, drawn, rows) for family in drawn_families(contents)],
        others=len(contents.families) - len(drawn_families(contents)), counts=_counts(contents),
        span=_span(case), elsewhere=len(case.foreign & case.posts.keys()),
        coverage=_coverage(contents), outages=_dated(method.get("outages"), zone),
        uncollected=_dated(method.get("uncollected"), zone), robots=_dated(method.get("robots"), zone),
        findings=sentences(contents.findings[:300], zone), unfound=len(contents.findings[300:]),
        changes={**changes, "told": clock(changes.get("since"), zone)} if changes else None,
        pending=_pending(case), without=method.get("without") or (), clock=method.get("clock"),
    )  # fmt: skip


@cache
def _style(paper: bool) -> str:
    folder = Path(__file__).parent / "templates"
    names = ("report.css", "paper.css") if paper else ("report.css", "screen.css")
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _margins(contents: Contents, whole: Sequence[Exhibit]) -> str:
    """Return page styles by which the case, and on its own pages the number of an exhibit, stand in the margin."""
    font = '9pt "Noto Sans", "DejaVu Sans", sans-serif'
    named = "".join(f"\\{ord(letter):x} " for letter in visible(contents.case)[:80])  # no letter of it is taken for CSS
    rules = [f'@page {{ @top-left {{ content: "{named}"; font: {font}; color: #444 }} }}']
    for exhibit in whole:
        label = f"Exhibit E{exhibit.number:03}"
        rules.append(f'@page e{exhibit.number} {{ @top-right {{ content: "{label}"; font: bold {font} }} }}')
        rules.append(f".p{exhibit.number} {{ page: e{exhibit.number} }}")
    return "\n".join(rules)


def _policy(style: str, paper: bool) -> str:
    """Return what the page may do: show its own style and the pictures beside it, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8", "replace")).digest()).decode()
    pictures = "data:" if paper else "'self' file:"
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src {pictures}; base-uri 'none'; form-action 'none'"


def _signer(method: Mapping[str, Any]) -> dict[str, str] | None:
    signer = method.get("signer")
    return {"name": signer.get("name") or "", "fingerprint": grouped(signer.get("fingerprint"))} if signer else None


def _listed(case: Case, exhibit: Exhibit) -> dict[str, Any]:
    """Return the line of an exhibit in the list."""
    item = exhibit.item
    author = item.get("author") or {}
    return {
        "label": f"E{exhibit.number:03}", "platform": item.get("platform") or "unknown",
        "author": author.get("name") or author.get("handle") or "not shown",
        "published": published(item, case.posts.get(str(item.get("ref"))) or {}, case.contents.zone),
        "words": headline(item, 70), "family": (family := case.family.get(str(item.get("ref")))),
        "anchor": identifier(f"family-{family}"),
    }  # fmt: skip


def _thumbnails(whole: Sequence[Exhibit]) -> dict[str, str]:
    """Return small pictures as data addresses: a page that is printed may fetch nothing."""
    found, room = {}, PICTURES
    for exhibit in whole:
        picture = exhibit.thumbnail
        if picture and picture.startswith(_PNG) and len(picture) <= room:
            room -= len(picture)
            found[exhibit.name] = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    return found


def _family(case: Case, family: Mapping[str, Any], drawn: Mapping[str, Markup], most: int) -> dict[str, Any]:
    found = way(family, case.posts)
    zone, earliest = case.contents.zone, (found.get("earliest") or {}).get("ref")
    sentence = found["sentence"]
    if earliest in case.foreign:
        sentence = sentence.replace("earliest copy we captured", "earliest copy here (captured elsewhere)")
    rows = []
    for step in found["steps"][:most]:
        post = case.posts.get(step["ref"]) or {}
        author = post.get("author") or {}
        rows.append({
            **case.named(step["ref"]), "place": step["place"], "tier": step["tier"],
            "tier_told": TIERS.get(step["tier"] or 0, "audience unknown"),
            "published": told(post.get("published"), zone), "captured": clock(post.get("first_seen"), zone),
            "author": author.get("name") or author.get("handle") or "not shown",
            "earliest": step["ref"] == earliest, "elsewhere": step["ref"] in case.foreign,
        })  # fmt: skip
    name = identifier(f"family-{family['id']}")
    return {"id": family["id"], "anchor": name, "size": family["size"], "platforms": family["platforms"],
            "languages": family.get("languages") or [], "accounts": _number(family.get("accounts")),
            "sentence": sentence, "rows": rows, "unlisted": max(0, len(found["steps"]) - most),
            "figure": drawn.get(f"{name}.svg"), "file": f"{name}.svg",
            "excerpt": str(family.get("excerpt") or "")}  # fmt: skip


def _number(accounts: object) -> int:
    return accounts if isinstance(accounts, int) else len(accounts) if isinstance(accounts, list | tuple) else 0


def _counts(contents: Contents) -> dict[str, int]:
    return {
        "exhibits": len(contents.exhibits), "posts": len(contents.posts), "records": len(contents.records),
        "platforms": len({post["platform"] for post in contents.posts}), "families": len(contents.families),
        "pairs": len(contents.pairs), "sources": len(contents.sources),
    }  # fmt: skip


def _span(case: Case) -> tuple[Any, Any] | None:
    """Return when we captured; what an imported capture states of itself is not among it."""
    seen = sorted(str(post["first_seen"]) for ref, post in case.posts.items()
                  if post.get("first_seen") and ref not in case.foreign)  # fmt: skip
    zone = case.contents.zone
    return (clock(seen[0], zone), clock(seen[-1], zone)) if seen else None


def _coverage(contents: Contents) -> list[dict[str, Any]]:
    """Return the table of sources: from the method where it was gathered, else from what a source says of itself."""
    zone = contents.zone
    rows = contents.method.get("coverage")
    if rows is None:
        rows = [{"url": s["url"], "kind": s["kind"], "state": s.get("coverage"), "intervals": None, "runs": None,
                 "every": s.get("schedule")} for s in contents.sources]  # fmt: skip
    return [
        {"url": defanged(row["url"]), "kind": row.get("kind") or "", "state": row.get("state") or "not run yet",
         "every": row.get("every") or "when asked", "runs": sorted((row.get("runs") or {}).items()),
         "intervals": [{"from": clock(i.get("from"), zone) if i.get("from") else None, "to": clock(i.get("to"), zone),
                        "complete": i.get("complete")} for i in row.get("intervals") or ()]}
        for row in rows
    ]  # fmt: skip


def _dated(rows: Any, zone: str) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "url": defanged(row.get("url")),
            "at": clock(row.get("at") or row.get("from"), zone),
            "until": clock(row.get("to"), zone),
            "why": harmless(row.get("why") or row.get("reason") or "No reason is recorded."),
        }
        for row in rows or ()
    ]


def _pending(case: Case) -> list[str]:
    """Return what is still to come, in sentences."""
    unstamped = [e for e in case.contents.exhibits if not any(s["state"] == "stamped" for s in case.stamps(e.name))]
    pending = list(case.contents.method.get("pending") or ())
    if unstamped:
        pending.append(
            f"{len(unstamped)} of {len(case.contents.exhibits)} exhibits have no time stamp yet: the times of their "
            "capture are what our own clock said."
        )
    for stamp in case.stamps("*"):
        if stamp["state"] == "pending":
            why = stamp["why"] or "it has not answered yet."
            pending.append(f"The time stamp of {stamp['authority']} over this bundle is pending: {why}")
    return pending
