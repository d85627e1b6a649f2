"""Numbers and dates as they stand in texts of many scripts, brought to one form; and names spelled in Latin letters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_HAN = dict(zip("零〇一二三四五六七八九两兩", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 2), strict=True))
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "만": 10**4, "亿": 10**8, "億": 10**8, "억": 10**8}
_SCALES = {
    "thousand": 10**3, "million": 10**6, "millions": 10**6, "billion": 10**9, "trillion": 10**12, "tausend": 10**3,
    "millionen": 10**6, "milliarden": 10**9, "milliarde": 10**9, "mille": 10**3, "milliards": 10**9,
    "milliard": 10**9, "mil": 10**3, "millón": 10**6, "millones": 10**6, "milhões": 10**6, "milhão": 10**6,
    "bilhões": 10**9, "milioni": 10**6, "milione": 10**6, "miliardi": 10**9, "тысяч": 10**3, "тысячи": 10**3,
    "тыс": 10**3, "млн": 10**6, "миллион": 10**6, "миллионов": 10**6, "миллиона": 10**6, "млрд": 10**9,
    "миллиардов": 10**9, "миллиарда": 10**9, "мільйонів": 10**6, "мільйона": 10**6, "мільярдів": 10**9,
    "milyon": 10**6, "milyar": 10**9, "bin": 10**3, "juta": 10**6, "ribu": 10**3, "miliar": 10**9, "triệu": 10**6,
    "tỷ": 10**9, "nghìn": 10**3, "مليون": 10**6, "مليار": 10**9, "ألف": 10**3, "ล้าน": 10**6, "εκατομμύρια": 10**6,
    "δισεκατομμύρια": 10**9, "miljoen": 10**6, "miljard": 10**9, "milionů": 10**6, "miliard": 10**9,
    "miljoonaa": 10**6, "מיליון": 10**6, "मिलियन": 10**6, "लाख": 10**5, "करोड़": 10**7,
}  # fmt: skip  # as written in the languages copytrail meets most; a short list, not a grammar
_MONTHS = """\
january januar janvier enero janeiro gennaio января січня ιανουαρίου ocak januari ledna tammikuuta يناير
february februar février febrero fevereiro febbraio февраля лютого φεβρουαρίου şubat februari února helmikuuta
    فبراير
march märz mars marzo março марта березня μαρτίου mart maret března maaliskuuta maart مارس
april avril abril aprile апреля квітня απριλίου nisan dubna huhtikuuta أبريل
may mai mayo maio maggio мая травня μαΐου mayıs mei května toukokuuta مايو
june juni juin junio junho giugno июня червня ιουνίου haziran června kesäkuuta يونيو
july juli juillet julio julho luglio июля липня ιουλίου temmuz července heinäkuuta يوليو
august août agosto августа серпня αυγούστου ağustos augustus agustus srpna elokuuta أغسطس
september septembre septiembre setembro settembre сентября вересня σεπτεμβρίου eylül září syyskuuta سبتمبر
october oktober octobre octubre outubro ottobre октября жовтня οκτωβρίου ekim října lokakuuta أكتوبر
november novembre noviembre novembro ноября листопада νοεμβρίου kasım listopadu marraskuuta نوفمبر
december dezember décembre diciembre dezembro dicembre декабря грудня δεκεμβρίου aralık desember prosince
    joulukuuta ديسمبر
""".replace("\n    ", " ").splitlines()  # genitives, as dates have them

_NUMBER = re.compile(r"(?<![A-Za-z]-)(?<![A-Za-z0-9_.,])\d[\d.,'’\u00a0\u202f\u066b\u066c]*(?![A-Za-z])")
_DIGITS_HAN = re.compile(r"\d+(?:\.\d+)?(?=[万萬만亿億억])")
_HAN_NUMBER = re.compile("[零〇一二三四五六七八九两兩十百千万萬亿億]{2,}")
_EAST_DATE = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_ANY = re.compile("[0-9〇一二三四五六七八九两兩十百千]")
_AFTER = re.compile(r"\.?[\s\u00a0]{0,2}([^\W\d_]+)")
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?!\d)|(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")

FOREIGN_NAME = re.compile("[\u0410-\u042f\u0401\u0404\u0406\u0407\u0391-\u03a9][\u0430-\u0457\u0491\u03ac-\u03ce]{2,}")
_SPELLED = dict(
    zip("абвгдеёзийклмнопрстуфыэіїєґ", "abvgdeeziiklmnoprstufyeiieg", strict=True),
    ж="zh", х="kh", ц="ts", ч="ch", ш="sh", щ="shch", ъ="", ь="", ю="yu", я="ya",
)  # fmt: skip
_SPELLED |= dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True), θ="th", χ="ch", ψ="ps")


def spelled(word: str) -> str:
    """Return a Cyrillic or Greek word in Latin letters, roughly as newspapers spell it."""
    plain = "".join(
        c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c) or c == "\u0306"
    )
    plain = unicodedata.normalize("NFC", plain)
    return "".join(_SPELLED.get(c, c) for c in plain)


def numbers(text: str) -> list[tuple[str, str, int]]:
    """Return what a text counts and dates: ("number" or "date", value, where). Numbers under 10 are left out."""
    text = _western(text)
    if _ANY.search(text) is None:
        return []
    found: list[tuple[str, str, int]] = []
    taken: list[tuple[int, int]] = []

    def take(kind: str, value: str, begin: int, end: int) -> None:
        if not any(begin < other_end and other_begin < end for other_begin, other_end in taken):
            found.append((kind, value, begin))
            taken.append((begin, end))

    for match in _EAST_DATE.finditer(text):
        take("date", f"{int(match[2]):02d}-{int(match[3]):02d}", match.start(2), match.end())
        if match[1]:
            take("number", match[1], *match.span(1))
    for match in _DOTTED.finditer(text):
        year, month, day = (match[4], match[5], match[6]) if match[4] else (match[3], match[2], match[1])
        if int(month) <= 12 and int(day) <= 31:
            take("date", f"{int(month):02d}-{int(day):02d}", *match.span())
            found.append(("number", year, match.start()))
    for match in _NUMBER.finditer(text):
        _western_number(text, match, take)
    for match in _DIGITS_HAN.finditer(text):
        scale = _MYRIADS[text[match.end()]]
        take("number", _plain(float(match.group()) * scale), match.start(), match.end() + 1)
    for match in _HAN_NUMBER.finditer(text):
        if (value := _han(match.group())) >= 10:
            take("number", str(value), *match.span())
    return sorted(found, key=lambda anchor: anchor[2])


def _western_number(text: str, match: re.Match[str], take: object) -> None:
    begin, end = match.span()
    digits = match.group().rstrip(".,'’\u00a0\u202f")
    end = begin + len(digits)
    value = _value(digits)
    if value is None or text[end : end + 1] in _MYRIADS:
        return
    word = _AFTER.match(text, end)
    name = word.group(1).casefold() if word else ""
    month = _months().get(name) or _month_before(text, begin)
    if month and value == int(value) and 1 <= value <= 31:
        take("date", f"{month:02d}-{int(value):02d}", begin, end)  # type: ignore[operator]
        return
    scale = _SCALES.get(name, 1)
    if value * scale >= 10:
        take("number", _plain(value * scale), begin, end)  # type: ignore[operator]


@cache
def _months() -> dict[str, int]:
    return {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}


def _month_before(text: str, at: int) -> int | None:
    before = re.search(r"([^\W\d_]+)[\s.,\u00a0]{1,2}$", text[max(0, at - 16) : at])
    return _months().get(before.group(1).casefold()) if before else None


def _western(text: str) -> str:
    """Return a text with the digits of every script as 0 to 9; its length stays."""
    return text if text.isascii() else _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match.group())), text)


def _value(digits: str) -> float | None:
    """Read a number: one separator before three digits parts thousands, the last of two kinds is the decimal mark."""
    digits = re.sub("['’\u00a0\u202f\u066c]", "", digits).replace("\u066b", ".")
    if len(digits) > 20:
        return None
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return float(digits)
    last = digits.rfind(marks[-1])
    decimals = len(digits) - last - 1
    thousands = decimals == 3 and (len(set(marks)) == 1) and not digits.startswith("0")
    if thousands or (len(marks) > 1 and len(set(marks)) == 1):
        return float(re.sub("[.,]", "", digits))
    return float(re.sub("[.,]", "", digits[:last]) + "." + (digits[last + 1 :] or "0"))


def _plain(value: float) -> str:
    """Return a number without a needless fraction: 1,300,000 and 1.3 million are one."""
    return str(round(value)) if abs(value - round(value)) < 1e-9 * max(1.0, abs(value)) else f"{value:.12g}"


def _han(text: str) -> int:
    """Return the value of a number in Han characters; 二〇二一 by its digits."""
    if all(c in _HAN for c in text):
        return int("".join(str(_HAN[c]) for c in text)[:18])
    total, section, digit = 0, 0, 0
    for c in text:
        if c in _HAN:
            digit = _HAN[c]
        elif c in _UNITS:
            section += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            total = (total + section + digit) * _MYRIADS[c] if total == 0 else total + (section + digit) * _MYRIADS[c]
            section = digit = 0
    return total + section + digit
