"""Write method.md: how a case was watched, read and compared, what that leaves open, and how far its times hold.

`Contents.method` is a mapping of the keys below; runner/method.py gathers them, and the writers of an export add what
is known only while it is written (`wacz`, `changes`). A key that is absent or None is called unknown, never guessed.

    signer      {fingerprint, name or None} of the key that signs; None: not signed
    software    {name: version}: copytrail, python, system, and what reads, compares and records
    settings    {sha256, changed: {setting: value}}: digest of the settings in force, and what is not at its default
    rules       [{id, title, version, threshold or None, words}] matchers and signals in force
    parsers     [{id, version, route, sources}] what turned answers into posts
    kernel      version of what signs and compares texts
    audiences   {sha256, own: bool} the table of audience tiers in force
    coverage    [{source, url, kind, route, state, every, since, intervals: [{from, to, complete}], runs: {state: n}}]
    outages     [{source, url, from, to, state, why}] runs that brought less than was asked for
    uncollected [{what, why, at, url, source}] what could not be had: gone, walled, refused, too large
    robots      [{url, decision, reason, at}] what robots.txt forbade, or was overridden with its reason
    clock       {source or None, offset: seconds or None, at} this machine's clock, beside an outside one
    stamps      {exhibit name or "*": [{authority, at or None, state: stamped | pending | refused, why or None,
                over: sentence part or None for all}]} T1: over the seals that hold the records of an exhibit; "*" over
                what is made of the case as a whole
    wacz        {exhibit name: {path, sha256, bytes}} filled in once the exhibits are written
    archived    {exhibit name: [{service, url, at}]} copies kept by others, where somebody asked for them
    elsewhere   [ref] posts whose answers were captured by other software and imported
    redacted    True in a public edition
    original    SHA-256 of the sealed edition, in a public one
    changes     {since, sha256 or None, added: [ref], removed: [ref], changed: [ref], chosen: bool, sentences: [...]}
                since the last bundle of this case; None: there was none; chosen: this one holds chosen posts only
    without     [sentence] parts that were to be in the bundle and are not, each with the reason (no browser: no PDF)
    missing     {key: sentence} why a key above is None
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.times import iso
from evidence.contents import Contents
from evidence.instants import UNKNOWN, clock
from evidence.markdown import code, listed, table, text
from evidence.shown import defanged, grouped


def method(contents: Contents) -> bytes:
    """Return method.md: how the case was watched, read and compared, and what that leaves open.

    Raises BadInput where this machine does not know the time zone of the contents.
    """
    told, zone = contents.method, contents.zone
    parts = (
        _head(contents), _software(told), _rules(told), _parsers(told), _coverage(told, contents, zone),
        _outages(told, zone), _lacking(told, zone), _robots(told), _times(told, contents), _stamps(told, contents),
        _changes(told, zone), _missing(told), _limits(),
    )  # fmt: skip
    return ("\n\n".join("\n".join(part).rstrip() for part in parts) + "\n").encode("utf-8", "replace")


def _limits() -> list[str]:
    return (Path(__file__).parent / "templates" / "limits.md").read_text(encoding="utf-8").splitlines()


def _head(contents: Contents) -> Iterator[str]:
    yield f"# Method: {text(contents.case)}"
    yield ""
    yield f"{contents.edition.capitalize()} edition, made {iso(contents.created)} by {text(contents.software)}."
    signer = contents.method.get("signer")
    if signer:
        name = f" by {text(signer['name'])} (as the key names itself)" if signer.get("name") else ""
        yield f"Signed{name}; fingerprint of the key: `{grouped(signer.get('fingerprint'))}`"
    else:
        yield "Not signed: nothing here says who made it."
    if contents.edition == "public":
        original = contents.method.get("original")
        yield "Persons and secrets were taken out of copies of every file: see data/redactions.json."
        yield f"SHA-256 of the sealed edition: `{original}`" if original else "The sealed edition is not named."


def _software(told: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Software and settings", "")
    yield from listed(f"{text(name)}: {text(value)}" for name, value in (told.get("software") or {}).items())
    settings = told.get("settings") or {}
    if settings.get("sha256"):
        yield f"- Digest of the settings in force: `{settings['sha256']}`"
    for name, value in sorted((settings.get("changed") or {}).items()):
        yield f"- Setting `{name}` is {text(value)}, which is not its default."


def _rules(told: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## How matches and findings are made", "")
    yield (
        "Before texts are compared, letters are folded: case, accents, look-alike letters of other scripts, blanks, "
        "punctuation and links are set aside. A text then becomes its sequences of five letters (three in Chinese, "
        "Japanese and Korean); some of them, chosen by their value alone, are its fingerprints. Only posts that share "
        "a fingerprint are compared, letter by letter, and each match keeps its numbers and a sentence. One post of a "
        "family is its anchor: a post joins only if it matches the anchor itself, never a neighbour of a neighbour. A "
        "link, a word or a picture that very many posts hold is set aside, as it says nothing about any of them."
    )
    yield ""
    if told.get("kernel"):
        yield f"What folds, signs and compares texts has the version `{text(told['kernel'])}`."
        yield ""
    rows = [(r["id"], r["version"], "none" if r.get("threshold") is None else r["threshold"], r["words"])
            for r in told.get("rules") or ()]  # fmt: skip
    yield from table(("Rule", "Version", "Threshold", "In words"), rows)
    audiences = told.get("audiences")
    if audiences:
        own = (
            "the shipped table with this workspace's own laid over it" if audiences.get("own") else "the shipped table"
        )
        yield ""
        yield f"Tiers of audiences: {own}, SHA-256 `{audiences['sha256']}`."


def _parsers(told: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## What read the answers", "")
    rows = [(p["id"], p.get("version") or UNKNOWN, p.get("route") or "", p.get("sources", ""))
            for p in told.get("parsers") or ()]  # fmt: skip
    yield from table(("Reader", "Version", "Route", "Sources"), rows)


def _coverage(told: Mapping[str, Any], contents: Contents, zone: str) -> Iterator[str]:
    yield from ("## What was watched", "")
    yield (
        "“Not found” differs from “not looked”. A stretch is complete where every run of it reached what was known "
        "already; incomplete where one was cut short. Complete, partial, blocked and quiet are the states in which "
        "runs ended; quiet means that a source which used to bring posts brought none."
    )
    yield ""
    rows = told.get("coverage")
    if rows is None:
        yield "Stretches of time were not gathered for this bundle; this is how the last run of each source ended."
        yield ""
        rows = [{"url": s["url"], "kind": s["kind"], "state": s.get("coverage")} for s in contents.sources]
    states = Counter(row.get("state") or "not run yet" for row in rows)
    if states:
        yield f"{len(rows)} sources: {', '.join(f'{n} {text(state)}' for state, n in sorted(states.items()))}."
        yield ""
    shown = [
        (defanged(row["url"]), row.get("kind") or "", row.get("state") or "not run yet",
         row.get("every") or "when asked",
         "; ".join(_stretch(i, zone) for i in row.get("intervals") or ()) or "not recorded",
         ", ".join(f"{n} {state}" for state, n in sorted((row.get("runs") or {}).items())))
        for row in rows
    ]  # fmt: skip
    yield from table(("Source", "Read by", "Last state", "How often", "Watched (UTC)", "Runs"), shown)


def _stretch(interval: Mapping[str, Any], zone: str) -> str:
    start = clock(interval["from"], zone).utc if interval.get("from") else "as far back as the source shows"
    return f"{start} to {clock(interval.get('to'), zone).utc}{'' if interval.get('complete') else ' (incomplete)'}"


def _outages(told: Mapping[str, Any], zone: str) -> Iterator[str]:
    yield from ("## Outages", "")
    yield from listed(
        f"{clock(o.get('from'), zone).utc} to {clock(o.get('to'), zone).utc}: `{code(defanged(o.get('url')))}`, "
        f"{text(o['state'])}. {text(o.get('why') or 'No reason is recorded.')}"
        for o in told.get("outages") or ()
    )


def _lacking(told: Mapping[str, Any], zone: str) -> Iterator[str]:
    yield from ("## What could not be collected", "")
    yield from listed(
        f"{clock(u.get('at'), zone).utc}: {text(str(u['what']).replace('_', ' '))}. {text(u['why'])}"
        + (f" `{code(defanged(u['url']))}`" if u.get("url") else "")
        for u in told.get("uncollected") or ()
    )


def _robots(told: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## robots.txt", "")
    yield "What robots.txt forbids is not fetched, unless a person overrode it for a source and gave a reason."
    yield ""
    yield from listed(
        f"`{code(defanged(r.get('url')))}`: {text(r['decision'])}. {text(r.get('reason') or '')}"
        for r in told.get("robots") or ()
    )


def _times(told: Mapping[str, Any], contents: Contents) -> Iterator[str]:
    yield from ("## Times", "")
    yield "- Times of posts are kept as written, with their precision and with who says so; none is made finer."
    yield "- Where a source names no zone, a time is taken as lying up to 14 hours to either side."
    yield "- Times of capture are by the clock of the machine that captured."
    known = told.get("clock") or {}
    if known.get("offset") is not None:
        side = "ahead of" if known["offset"] > 0 else "behind"
        source = text(known.get("source") or UNKNOWN)
        yield f"- That clock was {abs(known['offset']):.1f} seconds {side} this: {source}."
    else:
        yield "- That clock was not compared with another one."
    yield f"- Local times are those of {text(contents.zone)}."
    stated = Counter(str((p.get("published") or {}).get("precision") or UNKNOWN) for p in contents.posts)
    if stated:
        counted = ", ".join(f"{n} {text(precision)}" for precision, n in sorted(stated.items()))
        yield f"- Precision of the times of {len(contents.posts)} posts: {counted}."


def _stamps(told: Mapping[str, Any], contents: Contents) -> Iterator[str]:
    yield from ("## Time stamps", "")
    given = told.get("stamps") or {}
    alike: dict[str, list[str]] = {}
    for exhibit in contents.exhibits:
        words = "; ".join(_stamp(row) for row in given.get(exhibit.name) or ()) or "none"
        alike.setdefault(words, []).append(f"E{exhibit.number:03}")
    for words, labels in alike.items():
        yield f"- {', '.join(labels)}: {words}"
    yield from listed((f"The bundle as a whole: {_stamp(row)}" for row in given.get("*") or ()), empty="")
    if not contents.exhibits and not given:
        yield "None is recorded here; manifest.json names the seals, and the stamps lie beside them."


def _stamp(row: Mapping[str, Any]) -> str:
    who = text(row["authority"]) + (f" over {text(row['over'])}," if row.get("over") else "")
    if row["state"] == "stamped":
        return f"stamped by {who} at {clock(row.get('at'), 'UTC').utc}"
    why = f" ({text(row['why'])})" if row.get("why") else ""
    return f"refused by {who}{why}" if row["state"] == "refused" else f"pending at {who}{why}"


def _changes(told: Mapping[str, Any], zone: str) -> Iterator[str]:
    yield from ("## Since the last bundle", "")
    changes = told.get("changes")
    if not changes:
        yield "No earlier bundle of this case is known."
        return
    made, digest = clock(changes.get("since"), zone).utc, changes.get("sha256") or UNKNOWN
    yield f"The last one was made {made}, SHA-256 `{digest}`."
    yield ""
    gone = "In that choice and not in this one" if changes.get("chosen") else "Not here any more"
    for name, title in (("added", "Added"), ("removed", gone), ("changed", "Changed")):
        refs = changes.get(name) or ()
        if name == "removed" and not refs and changes.get("chosen"):
            continue  # it would read as if nothing of the case was left out
        yield f"{title} ({len(refs)}):"
        yield from listed(f"`{code(str(ref))}`" for ref in refs)
        yield ""
    yield from listed((text(s) for s in changes.get("sentences") or ()), empty="")


def _missing(told: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Not in this bundle, or not known", "")
    known = [*(text(s) for s in told.get("without") or ()), *(text(s) for s in told.get("pending") or ())]
    known += [f"{text(key)}: {text(why)}" for key, why in sorted((told.get("missing") or {}).items())]
    yield from listed(known)
