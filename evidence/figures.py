"""Draw how copies moved: one figure a family, one of the whole; SVG, readable in print and without colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.contents import Contents, Row
from evidence.page import visible
from evidence.svg import BLUE, INK, LINE, ORANGE, PAPER, SOFT, Axis, clean, drawing, identifier, short, tag, text
from evidence.ways import TIERS, drawn_families, exhibit_labels, way

COPIES = 150  # marks in one figure; all copies are in the table of the family
ARROWS = 80
WIDTH, LEFT, RIGHT, TOP, LANE = 980, 216, 900, 64, 46
_KIND = {"repost": "repost", "quote": "quotation", "link": "link"}


@dataclass(frozen=True, slots=True)
class _Mark:
    ref: str
    x: float
    y: float
    said: str


def figures(contents: Contents) -> dict[str, bytes]:
    """Return SVG files by name: `family-<id>.svg` for families that hold exhibits, and `overview.svg`.

    A family row carries its way under `spread` (runner.spread); without it there are the stated times of its posts.
    """
    labels = exhibit_labels(contents)
    drawn = {}
    for family in drawn_families(contents):
        name = identifier(f"family-{family['id']}")
        drawn[f"{name}.svg"] = _family(family, contents, labels)
    if contents.exhibits:
        drawn["overview.svg"] = _overview(contents, labels)
    return {name: svg.encode("utf-8") for name, svg in drawn.items()}


def _family(family: Mapping[str, Any], contents: Contents, labels: Mapping[str, str]) -> str:
    found = way(family, {post["ref"]: post for post in contents.posts if post["ref"] in set(family["members"])})
    steps = _chosen(found["steps"], labels)
    lanes = _lanes(steps)
    bottom = TOP + LANE * len(lanes)
    earliest = (found.get("earliest") or {}).get("ref")
    name = f"family-{family['id']}"
    parts = [text(16, 26, f"Family {short(str(family['id']), 40)}: the way of its copies", 16, font_weight="bold"),
             text(16, 46, _counted(found["steps"], steps, lanes), 12, fill=SOFT)]  # fmt: skip
    for place, (platform, tier) in enumerate(lanes):
        parts += _lane(platform, tier, TOP + LANE * place)
    axis = _axis(steps)
    if axis:
        parts += axis.drawn(TOP, bottom)
    marks = _marks(steps, [platform for platform, _ in lanes], axis)
    by_ref = {mark.ref: mark for mark in marks}
    parts += _arrows(found["arrows"], by_ref, identifier(name))
    parts += _drawn(steps, marks, labels, earliest, axis)
    parts += _legend(bottom + 58, any(step["from"] is None for step in steps))
    title = f"How the copies of family {family['id']} moved"
    told = found["sentence"] or f"{len(found['steps'])} copies by stated time."
    return drawing(name, title, told, parts, WIDTH, bottom + 104)


def _chosen(steps: Sequence[Row], labels: Mapping[str, str]) -> list[Row]:
    """Return the copies that are drawn: all, or where they are too many the exhibits and those at the head."""
    if len(steps) <= COPIES:
        return list(steps)
    wanted = [step["ref"] for step in steps if step["ref"] in labels][:COPIES]
    rest = [step["ref"] for step in steps if step["ref"] not in labels]
    refs = {*wanted, *rest[: COPIES - len(wanted)]}
    return [step for step in steps if step["ref"] in refs]


def _counted(steps: Sequence[Row], drawn: Sequence[Row], lanes: Sequence[Any]) -> str:
    places = "platform" if len(lanes) == 1 else "platforms"
    told = f"{len(steps)} copies on {len(lanes)} {places}, small audiences above, large ones below."
    return told if len(drawn) == len(steps) else f"{told} {len(drawn)} of the copies are drawn; the table has all."


def _lanes(steps: Iterable[Row]) -> list[tuple[str, int | None]]:
    """Return platforms with their tier, small audiences above, unknown ones last; within a tier by earliest copy."""
    found: dict[str, tuple[int | None, str]] = {}
    for step in steps:
        tier, since = found.get(step["platform"], (None, "~"))
        smaller = step["tier"] if tier is None or (step["tier"] or 9) < tier else tier
        found[step["platform"]] = (smaller, min(since, step["from"] or "~"))
    order = sorted(found.items(), key=lambda item: (item[1][0] or 9, item[1][1], item[0]))
    return [(platform, tier) for platform, (tier, _) in order]


def _lane(platform: str, tier: int | None, top: float) -> list[str]:
    told = f"tier {tier}: {TIERS[tier]}" if tier in TIERS else "audience unknown"
    return [
        tag("line", x1=16, x2=WIDTH - 16, y1=top, y2=top, stroke=LINE, stroke_width=1),
        text(16, top + 20, short(platform, 24), 13),
        text(16, top + 35, told, 10, fill=SOFT),
    ]


def _axis(steps: Iterable[Row]) -> Axis | None:
    known = [(_when(s["from"]), _when(s["to"])) for s in steps if s["from"] and s["to"]]
    return Axis(min(a for a, _ in known), max(b for _, b in known), LEFT, RIGHT) if known else None


def _marks(steps: Sequence[Row], lanes: Sequence[str], axis: Axis | None) -> list[_Mark]:
    """Place each copy in its lane, in rows so that neighbours do not cover each other."""
    taken: dict[tuple[str, int], float] = {}
    marks = []
    for step in steps:
        start = axis.at(_when(step["from"])) if axis and step["from"] else RIGHT + 40
        end = axis.at(_when(step["to"])) if axis and step["to"] else start
        row = next((r for r in range(3) if taken.get((step["platform"], r), -1e9) + 13 <= start), 2)
        taken[step["platform"], row] = max(end, start)
        y = TOP + LANE * lanes.index(step["platform"]) + LANE / 2 + (0, -12, 12)[row]
        when = f"{step['from']} to {step['to']}" if step["from"] else "time unknown"
        marks.append(_Mark(step["ref"], (start + end) / 2, y, f"{step['ref']} on {step['place']}, stated {when}"))
    return marks


def _drawn(
    steps: Sequence[Row], marks: Sequence[_Mark], labels: Mapping[str, str], earliest: str | None, axis: Axis | None
) -> list[str]:
    parts: list[str] = []
    taken = [(mark.x - 7, mark.y - 7, mark.x + 7, mark.y + 7) for mark in marks]
    for step, mark in zip(steps, marks, strict=True):
        label = labels.get(mark.ref)
        shapes = [tag("title", clean(f"{label}: {mark.said}" if label else mark.said))]
        width = axis.at(_when(step["to"])) - axis.at(_when(step["from"])) if axis and step["from"] else 0.0
        fill = BLUE if label is not None else PAPER
        if mark.ref == earliest:
            shapes.append(tag("circle", cx=mark.x, cy=mark.y, r=9, fill="none", stroke=ORANGE, stroke_width=2.5))
        if width > 10:
            shapes.append(tag("rect", x=mark.x - width / 2, y=mark.y - 4, width=width, height=8, rx=4, fill=fill,
                              fill_opacity=0.75, stroke=BLUE, stroke_width=1.5))  # fmt: skip
        else:
            shapes.append(tag("circle", cx=mark.x, cy=mark.y, r=4.5, fill=fill, stroke=BLUE, stroke_width=1.8))
        parts.append(tag("g", "".join(shapes + _label(label or "", mark, taken))))
    return parts


def _label(label: str, mark: _Mark, taken: list[tuple[float, float, float, float]]) -> list[str]:
    """Return the number of an exhibit where there is room for it beside its mark, and take that room."""
    half, high = 4.0 * len(label), 9
    for x, y, anchor in ((mark.x, mark.y - 11, "middle"), (mark.x + 12, mark.y + 4, "start"),
                         (mark.x - 12, mark.y + 4, "end"), (mark.x, mark.y + 20, "middle")):  # fmt: skip
        left = x - half if anchor == "middle" else x if anchor == "start" else x - 2 * half
        box = (left, y - high, left + 2 * half, y + 1)
        if label and not any(a < box[2] and box[0] < c and b < box[3] and box[1] < d for a, b, c, d in taken):
            taken.append(box)
            return [text(x, y, label, 10, anchor, font_weight="bold", stroke=PAPER, stroke_width=3,
                         paint_order="stroke")]  # fmt: skip
    return []


def _arrows(arrows: Sequence[Row], marks: Mapping[str, _Mark], own: str) -> list[str]:
    """Return the arrows between different lanes; solid ones, which are explicit acts, always go in."""
    shown = [a for a in arrows if a["from"] in marks and a["to"] in marks]
    solid = [a for a in shown if a["solid"]]
    dashed = [a for a in shown if not a["solid"] and abs(marks[a["from"]].y - marks[a["to"]].y) > LANE / 2]
    head = tag("path", d="M0,0 L8,3.5 L0,7 z", fill=INK)
    tip = tag("marker", head, id=f"{own}-tip", markerWidth=8, markerHeight=7, refX=7, refY=3.5, orient="auto",
              markerUnits="userSpaceOnUse")  # fmt: skip
    parts = [tag("defs", tip)]
    for arrow in [*dashed[: max(0, ARROWS - len(solid))], *solid[:ARROWS]]:
        a, b = marks[arrow["from"]], marks[arrow["to"]]
        said = f"{_KIND.get(arrow['kind'], 'same content, later')}: {a.ref} to {b.ref}"
        more: dict[str, Any] = {"stroke_dasharray": "2 4", "stroke": SOFT} if not arrow["solid"] else {"stroke": INK}
        parts.append(tag("path", tag("title", clean(said)), d=_curve(a, b), fill="none", marker_end=f"url(#{own}-tip)",
                         stroke_width=1.8 if arrow["solid"] else 1.1, **more))  # fmt: skip
    return parts


def _curve(a: _Mark, b: _Mark) -> str:
    """Return a path that leaves one mark and ends before the other, bowed where both stand in one lane."""
    down = 7 if b.y > a.y else -7
    if abs(b.y - a.y) < LANE / 2:
        return f"M{a.x:.1f},{a.y - 6:.1f} C{a.x:.1f},{a.y - 26:.1f} {b.x:.1f},{b.y - 26:.1f} {b.x:.1f},{b.y - 7:.1f}"
    bend = (b.y - a.y) / 2
    return (f"M{a.x:.1f},{a.y + down:.1f} C{a.x:.1f},{a.y + bend:.1f} {b.x:.1f},{b.y - bend:.1f} "
            f"{b.x:.1f},{b.y - down:.1f}")  # fmt: skip


def _legend(y: float, untimed: bool) -> list[str]:
    parts = [
        tag("circle", cx=24, cy=y - 4, r=4.5, fill=BLUE, stroke=BLUE),
        text(34, y, "exhibit", 11),
        tag("circle", cx=94, cy=y - 4, r=4.5, fill=PAPER, stroke=BLUE, stroke_width=1.8),
        text(104, y, "other copy", 11),
        tag("rect", x=176, y=y - 8, width=26, height=8, rx=4, fill=BLUE),
        text(208, y, "time lies within", 11),
        tag("circle", cx=322, cy=y - 4, r=8, fill="none", stroke=ORANGE, stroke_width=2.5),
        text(336, y, "earliest copy we captured", 11),
        tag("line", x1=500, x2=528, y1=y - 4, y2=y - 4, stroke=INK, stroke_width=1.8),
        text(534, y, "repost, quotation or link", 11),
        tag("line", x1=690, x2=718, y1=y - 4, y2=y - 4, stroke=SOFT, stroke_width=1.1, stroke_dasharray="2 4"),
        text(724, y, "same content, later (no more than that)", 11),
    ]
    if untimed:
        parts.append(text(RIGHT + 40, TOP - 8, "time unknown", 10, "middle", SOFT))
    return [*parts, text(16, y + 24, "Who copied from whom is not shown by times or matches. Small to large is by "
                         "tiers of monthly users, which are estimates.", 11, fill=SOFT)]  # fmt: skip


def _overview(contents: Contents, labels: Mapping[str, str]) -> str:
    posts = {post["ref"]: post for post in contents.posts if post["ref"] in labels}
    tiers = {s["platform"]: s["tier"] for f in contents.families for s in (f.get("spread") or {}).get("steps", ())}
    family = {"id": "all", "members": [ref for ref in labels if ref in posts]}
    steps = [{**step, "tier": tiers.get(step["platform"])} for step in way(family, posts)["steps"]]
    lanes, axis = _lanes(steps), _axis(steps)
    bottom = TOP + LANE * len(lanes)
    counts = Counter(step["platform"] for step in steps)
    parts = [text(16, 26, "The exhibits by platform and stated time", 16, font_weight="bold"),
             text(16, 46, f"{len(steps)} exhibits on {len(lanes)} platforms.", 12, fill=SOFT)]  # fmt: skip
    for place, (platform, tier) in enumerate(lanes):
        parts += [*_lane(platform, tier, TOP + LANE * place),
                  text(LEFT - 12, TOP + LANE * place + 20, str(counts[platform]), 12, "end", SOFT)]  # fmt: skip
    parts += axis.drawn(TOP, bottom) if axis else []
    marks = _marks(steps, [platform for platform, _ in lanes], axis)
    parts += _drawn(steps, marks, labels if len(steps) <= COPIES else dict.fromkeys(labels, ""), None, axis)
    told = ", ".join(f"{visible(platform)} {counts[platform]}" for platform, _ in lanes)
    return drawing("overview", "The exhibits by platform and stated time", told, parts, WIDTH, bottom + 48)


def _when(at: str) -> datetime:
    return datetime.fromisoformat(at)
