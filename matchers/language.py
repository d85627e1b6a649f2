"""Guess what a text is written in: its script, and for a few languages that share one the commonest small words.

No model: it tells languages apart where that decides whether two posts may be translations, and says nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

_SCRIPTS = (
    ("Hira", 0x3041, 0x30FF), ("Hang", 0xAC00, 0xD7A3), ("Hani", 0x3400, 0x9FFF), ("Hani", 0x20000, 0x3FFFF),
    ("Cyrl", 0x0400, 0x052F), ("Grek", 0x0370, 0x03FF), ("Arab", 0x0600, 0x06FF), ("Hebr", 0x0590, 0x05FF),
    ("Deva", 0x0900, 0x097F), ("Beng", 0x0980, 0x09FF), ("Taml", 0x0B80, 0x0BFF), ("Thai", 0x0E00, 0x0E7F),
    ("Laoo", 0x0E80, 0x0EFF), ("Mymr", 0x1000, 0x109F), ("Geor", 0x10A0, 0x10FF), ("Khmr", 0x1780, 0x17FF),
    ("Armn", 0x0530, 0x058F), ("Latn", 0x0041, 0x024F), ("Latn", 0x1E00, 0x1EFF),
)  # fmt: skip
_SMALL = {
    "en": "the of and to in is that for it was on are with as this by be at from not have but they you has will",
    "de": "der die das und ist nicht ein eine zu den von mit auf für im dem des sich als auch wird aus nach bei",
    "fr": "le la les des et est une du dans que pour qui sur pas au par avec ce sont aux plus il ont cette",
    "es": "el los las del y en una que por para con no se su al es lo como más pero sus le esta son",
    "pt": "o os as do da e em um uma que não para com por se no na dos ao mais como mas foi são das",
    "it": "il lo gli di e che è un una per non con del della si le dei nel al alla sono da più come anche",
    "nl": "de het een van en in is dat op te zijn met voor niet aan er om ook als door naar maar bij uit",
    "tr": "ve bir bu da de için ile çok ne gibi olarak daha var değil sonra kadar olan her ama ki",
    "id": "yang dan di ini itu dengan untuk tidak dari dalam akan pada juga ke adalah oleh karena sudah bisa",
    "vi": "và của là có không một các những được cho trong với này người đã để khi từ đến cũng",
    "cs": "a se na je že v to s z do o i si jsem ale jako po za by které jsou byl pro není",
    "pl": "i w nie na się z do to że jest o jak za od po ale przez dla są czy już był oraz",
    "fi": "ja on ei se että hän oli mutta kun joka ovat myös kuin niin voi olla mukaan sen ole tai",
    "sv": "och att det i en som på är av för med till den har inte om ett men var jag från de kan",
    "ru": "и в не на что с по это как к из у за от для но же так его был мы они то все она бы",
    "uk": "і в не на що з та це як до у за від для але же так його був ми вони то всі вона би є",
    "bg": "и в не на че с за да се от като но това са е по към ще при има със му до",
    "ar": "في من على إلى أن عن مع هذا التي الذي لا ما هو هي كان قد أو بين بعد",
    "fa": "و در به از که این را با است برای آن یک های می شد تا بر هم",
    "ur": "کے کی میں ہے اور سے کا کو نے پر یہ اس ہیں کہ بھی نہیں تھا گیا",
    "hi": "के में की है और से का को पर ने यह इस हैं कि भी नहीं",
}  # fmt: skip
_WORD, _ASCII = re.compile(r"[^\W\d_]+"), re.compile("[A-Za-z]")
LOOKED_AT = 2_000  # characters
LEAST = 2  # small words that must be seen


def script(text: str) -> str:
    """Return the script most letters of a text belong to (ISO 15924), "" where there are none; kana makes Japanese."""
    sample = text[:LOOKED_AT]
    if sample.isascii():
        return "Latn" if _ASCII.search(sample) else ""
    seen: Counter[str] = Counter()
    for c, times in Counter(sample).items():  # few different letters, each looked up once
        if c.isalpha():
            seen[_script(ord(c))] += times
    seen.pop("", None)
    if not seen:
        return ""
    if seen["Hira"] * 5 >= seen["Hani"] and seen["Hira"] > 1 and seen["Hira"] + seen["Hani"] > seen["Latn"]:
        return "Hira"
    return min(seen, key=lambda name: (-seen[name], name))


@cache
def _script(point: int) -> str:
    return next((name for name, low, high in _SCRIPTS if low <= point <= high), "")


def language(text: str) -> str:
    """Return the language that most small words of a text belong to, "" where too few say so."""
    known, scores = _where(), dict.fromkeys(_SMALL, 0)
    for word in _WORD.findall(text[:LOOKED_AT].casefold()):
        for name in known.get(word, ()):
            scores[name] += 1
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    best, second = ranked[0], ranked[1]
    return best if scores[best] >= LEAST and scores[best] > scores[second] else ""


@cache
def _where() -> dict[str, tuple[str, ...]]:
    """Return the languages each small word belongs to."""
    found: dict[str, tuple[str, ...]] = {}
    for name, words in _SMALL.items():
        for word in set(words.split()):
            found[word] = (*found.get(word, ()), name)
    return found


def differ(left: str, right: str, declared: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())) -> bool:
    """Return whether two texts are in different languages, by their scripts, their small words, or what posts say.

    What a post declares counts where the guess leaves it open: platforms often state the language of the account.
    """
    scripts = script(left), script(right)
    if all(scripts) and scripts[0] != scripts[1]:
        return True
    guessed = language(left), language(right)
    if all(guessed):
        return guessed[0] != guessed[1]
    ours, theirs = ({tag.split("-")[0].casefold() for tag in tags} for tags in declared)
    return bool(ours and theirs and not ours & theirs)
