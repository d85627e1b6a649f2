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
    stamps      {exhibit name or "*": [{authority, at or None, state: stamped | pending | refused, why or None}]} T1:
                over the seals that hold the records of an exhibit; "*" over what is made of the case as a whole
    wacz        {exhibit name: {path, sha256, bytes}} filled in once the exhibits are written
    archived    {exhibit name: [{service, url, at}]} copies kept by others, where somebody asked for them
    redacted    True in a public edition
    original    SHA-256 of the sealed edition, in a public one
    changes     {since, sha256 or None, added: [ref], removed: [ref], changed: [ref], sentences: [...]} since the last
                bundle of this case; None: there was none
    without     [sentence] parts that were to be in the bundle and are not, each with the reason (no browser: no PDF)
    missing     {key: sentence} why a key above is None
"""

from __future__ import annotations
