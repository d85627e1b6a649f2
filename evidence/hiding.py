"""Find what must be hidden, however it is written, and put its cover there; what stands around it stays as it was."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from evidence import base64_runs, folding
from evidence.base64_runs import unpacked, whole
from evidence.letters import fold
from evidence.spans import Hidden, Span, amid_text, apart, covered
from evidence.targets import Pattern, Target, joined

if TYPE_CHECKING:
    from evidence.grams import Grams
    from evidence.layers import Layer

ROUNDS = 6  # what is hidden inside base64 inside base64 comes up one layer a round
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])")
_LONG = 16  # characters of a run that may pack a text of its own
_LOWER = bytes(ord(chr(c).lower()) for c in range(256))
_REMEMBERED = 2_000  # characters of what is not searched again where it comes again
_TOGETHER = 50  # runs unpacked in one go: mostly none of them holds anything
_SHORT = 7  # letters of what may come about by chance where bytes are read as text


class Hider:
    """Hide targets and what patterns find; `keep` are phrases that stay though something to hide stands in them."""

    def __init__(self, targets: Iterable[Target], keep: Iterable[str] = (), patterns: Iterable[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)
        unique = {(t.parts[0], tuple(t.parts), t.whole): t for t in reversed(list(targets)) if t.probe}
        self.targets = sorted(unique.values(), key=lambda t: -len(t.text))
        self._keep = [re.compile(joined(Target(k, "", "").parts)) for k in keep]
        self._misread = [(form, t) for t in self.targets for form in t.misread]
        self._hex = any(t.is_hex for t in self.targets)
        self._cleared: set[bytes] = set()  # digests of what holds nothing: it comes again in every pass over a bundle
        self._by_probe: dict[bytes, list[int]] = {}
        for at, target in enumerate(self.targets):
            self._by_probe.setdefault(target.probe_bytes, []).append(at)
        self._least = min((t.least_packed for t in self.targets), default=_LONG)

    def __bool__(self) -> bool:
        return bool(self.targets or self.patterns)

    @cached_property
    def _grams(self) -> tuple[Grams, Grams, Grams]:
        from evidence.grams import Grams

        probes = [t.probe for t in self.targets]
        return (
            Grams(t.probe_bytes for t in self.targets),
            Grams(probe.encode("latin-1") for probe in probes if ord(max(probe)) < 256),
            Grams(form.encode("latin-1") for form, _ in self._misread),
        )

    def stands_in(self, text: str) -> bool:
        """Return whether anything to hide stands in a text, in any form."""
        return bool(self) and self._once(
            text if len(text) >= _REMEMBERED else b"", lambda: any(self._in_form(form) for form in folding.plain(text))
            or next(self._packed(text), None) is not None
        )  # fmt: skip

    def stands_in_bytes(self, data: bytes) -> bool:
        """Return whether anything to hide stands in bytes that are no text: in UTF-8, UTF-16 or another charset."""
        step, overlap = 1 << 22, 1 << 12
        return bool(self) and self._once(
            data if len(data) >= _REMEMBERED else b"",
            lambda: any(self._in_window(data[at : at + step + overlap]) for at in range(0, max(len(data), 1), step)),
        )

    def _once(self, what: str | bytes, search: Callable[[], bool]) -> bool:
        """Return what a search says; one that found nothing is not made again."""
        if not what:
            return search()
        known = sha256(what if isinstance(what, bytes) else b"text " + what.encode("utf-8", "surrogatepass")).digest()
        if known in self._cleared:
            return False
        found = search()
        if not found:
            self._cleared.add(known)
        return found

    def stands_in_layer(self, layer: Layer) -> str | None:
        """Return the rule of something that stands in a layer of a file, None where nothing does."""
        firm = self._firm if layer.glued else self
        if not (firm.stands_in(layer.text) if layer.text else firm.stands_in_bytes(layer.data)):
            return None
        return firm.first(layer.text or layer.data.decode("latin-1")) or "something hidden"

    @cached_property
    def _firm(self) -> Hider:
        """What finds all but short ids; itself where there are none."""
        if not any(t.is_slight for t in self.targets):
            return self
        firm = Hider([t for t in self.targets if not t.is_slight], patterns=self.patterns)
        firm._keep = self._keep
        return firm

    def _in_window(self, data: bytes) -> bool:
        low = data.translate(_LOWER, b"\0")
        _, latin, misread = self._grams
        if next(latin.stand_in(low), None) is not None:
            text = low.decode("latin-1")
            if any(not t.is_slight or amid_text(text, start, end) for start, end, t in self._in_folded(text)):
                return True
        if next(misread.stand_in(data), None) is not None:
            return True
        return any(any(p in low for p in kind.probe_bytes) for kind in self.patterns) and self._of_a_kind(
            data.decode("latin-1"), low.decode("latin-1")
        )

    def first(self, text: str) -> str | None:
        """Return the rule of something that stands in a text, None where nothing does."""
        if not self.stands_in(text):
            return None
        return next((target.rule for _, _, target in self._spans(text)), "something hidden")

    def hide(self, text: str) -> tuple[str, Counter[str]]:
        """Return a text with everything covered, and how often each rule did; the same object where it did not.

        Raises ValueError where something stays that cannot be reached: the whole text has to be withheld then.
        """
        counts: Counter[str] = Counter()
        for _ in range(ROUNDS):
            if not self.stands_in(text):
                return text, counts
            spans = apart(self._spans(text))
            if not spans:
                break
            text = covered(text, spans, counts)
        if self.stands_in(text):
            raise ValueError("what is to be hidden stands in a form that cannot be taken out alone")
        return text, counts

    def _in_form(self, text: str) -> bool:
        plain = fold(text)
        misread = self._grams[2]
        if next(self._in_folded(plain), None) is not None:
            return True
        near = misread.stand_in(text.encode("latin-1", "replace")) if self._misread else ()
        if any(form.decode("latin-1") in text for form in near):
            return True
        return self._of_a_kind(text, plain)

    def _of_a_kind(self, text: str, low: str = "") -> bool:
        low = low or text.lower()
        return any(
            any(probe in low for probe in kind.probes)
            and (kind.hint is None or kind.hint.search(text) is not None)
            and next(kind.spans(text), None) is not None
            for kind in self.patterns
        )

    def _in_folded(self, plain: str) -> Iterator[tuple[int, int, Target]]:
        """Yield what stands in a folded text, but for what is kept and what an id or a digest holds by chance."""
        near = set(self._grams[0].stand_in(plain.encode("utf-8", "surrogatepass")))
        may = sorted(at for probe in near for at in self._by_probe[probe] if self.targets[at].may_stand_in(plain))
        found = [(*span, self.targets[at]) for at in may for span in self.targets[at].spans(plain)]
        if not found:
            return
        kept = [m.span() for pattern in self._keep for m in pattern.finditer(plain)]
        ids = [m.span() for m in _IDS.finditer(plain)] if self._hex else []
        for start, end, target in found:
            spared = kept + ids if target.is_hex else kept
            if not any(a <= start and end <= b for a, b in spared):
                yield start, end, target

    def _spans(self, text: str) -> Iterator[Span]:
        for view in folding.views(text):
            for start, end, target in self._in_folded((low := folding.folded(view)).text):
                yield (*low.back(start, end), target)
            for kind in self.patterns:
                yield from ((*view.back(*span), kind) for span in kind.spans(view.text))
            for form, target in self._misread:
                at = view.text.find(form)
                while at >= 0:
                    yield (*view.back(at, at + len(form)), target)
                    at = view.text.find(form, at + 1)
        yield from self._packed(text)

    def _packed(self, text: str) -> Iterator[Span]:
        """Yield the runs of base64 that something stands in, whole, with what to put there instead."""
        runs = base64_runs.runs(text, self._least)
        for first in range(0, len(runs), _TOGETHER):
            some = runs[first : first + _TOGETHER]
            near = any(self._may_hold(unpacked("".join(whole(text[a + k : b]) for a, b in some))) for k in range(4))
            for start, end in some:
                held = self._deeper(text[start:end])
                for offset in range(4) if near and held is None else ():
                    held = held or self._held(unpacked(whole(text[start + offset : end])))
                if held is not None:
                    yield start, end, self._repacked(text[start:end], held)

    def _deeper(self, run: str) -> Hidden | None:
        """Return what stands in the text that a run packs, in whatever form it stands there."""
        if len(run) < _LONG:
            return None
        data = unpacked(whole(run[:_LONG]))
        if not data.isascii() or not data.rstrip(b"\0").decode("ascii").isprintable():
            return None
        inner = unpacked(whole(run)).decode("utf-8", "ignore")
        if not self.stands_in(inner):
            return None
        return next((target for _, _, target in self._spans(inner)), None)

    def _may_hold(self, data: bytes) -> bool:
        plain = fold(data.decode("utf-8", "ignore"))
        return next(self._grams[0].stand_in(plain.encode("utf-8", "surrogatepass")), None) is not None

    def _held(self, data: bytes) -> Target | None:
        """Return what stands in the bytes of a run; short strings count only with text beside them."""
        text = data.decode("utf-8", "ignore")
        for start, end, target in self._in_folded(plain := fold(text)):
            beside = plain[max(start - 2, 0) : start] + plain[end : end + 2]
            fine = end - start >= _SHORT or not beside or beside.isprintable()
            if fine and (not target.is_slight or amid_text(plain, start, end)):
                return target
        return None

    def _repacked(self, run: str, target: Hidden) -> Target:
        """Return a target whose cover is the run with the string covered inside; the bare cover where that fails."""
        alphabet = b"-_" if "-" in run or "_" in run else b"+/"
        try:
            bare = run.rstrip("=").replace("\r", "").replace("\n", "")
            inner = base64.b64decode(bare + "=" * (-len(bare) % 4), alphabet, validate=True).decode()
            hidden, _ = self.hide(inner)
        except ValueError:
            return Target(run, target.cover, target.rule)
        if hidden == inner:
            return Target(run, target.cover, target.rule)
        packed = base64.b64encode(hidden.encode(), alphabet).decode()
        return Target(run, packed if run.endswith("=") else packed.rstrip("="), target.rule)
