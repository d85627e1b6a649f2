"""The fold says which texts count as the same letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import fold as fold_module
from matchers.fold import fold, folded


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Café, CAFÉ & cafe\u0301!", "cafecafecafe"),
        ("ﬁne ½ ① 𝕳𝖊𝖑𝖑𝖔 ｆｕｌｌ", "fine121hellofull"),
        ("zero\u200bwidth soft\u00adhyphen \u202eturn", "zerowidthsofthyphenturn"),
        ("straße STRASSE ſtill", "strassestrassestill"),
        ("go 🚀🚀 now 👩‍👩‍👧 ok™", "gonowoktm"),
        ("don't don’t", "dontdont"),
        ("read https://lowmarsh.example/a?b=1#c now", "readnow"),
        ("look at www.lowmarsh.example.", "lookat"),
        ("awww.fine", "awwwfine"),
        ("看这里https://lowmarsh.example/x很好", "看这里很好"),
        ("(https://lowmarsh.example/x) ok", "ok"),
        ("hello @some_one and @a@b.example, bye", "helloandbye"),
        ("mail me@lowmarsh.example", "mailmelowmarshexample"),
        ("@ home", "home"),
        ("हिन्दी", "हिनदी"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ，１２", "fullwidth12"),
        ("𝒽𝑒𝓁𝓁𝑜 𝖠𝗕 𝟙𝟚 Ⓗⓔ 🅷🅴", "helloab12hehe"),
        ("مـــرحـــبا ١٢٣ کیف", "مرحبا123كيف"),
        ("\u200fمرحبا\u202babc\u202c \u2067def\u2069 \u061cx", "مرحباabcdefx"),
        ("h̷̛̖e̸̱͠l̴͉l̵o" + "\u0301" * 500, "hello"),
        ("\ufeffa\u034fb\u180e\u2061c\U000e0061\ufe0f d\u00a0e\u3000f\u2028g", "abcdefg"),
        ("เธอ​ไทย ก้ ๑๒", "เธอไทยก12"),
        ("İstanbul ISTANBUL ıstanbul", "istanbul" * 3),
        ("", ""),
        ("\u0000\ud800🜲", ""),
    ],
)
def test_fold_keeps_letters_and_drops_the_rest(written: str, compared: str) -> None:
    assert folded(written) == compared


def test_whole_russian_and_greek_texts_match_themselves_in_any_case() -> None:
    russian = "Гавань Низкого Берега закрыта до весны, сообщает комитет"
    greek = "Το λιμάνι της Χαμηλής Όχθης έκλεισε ως την άνοιξη"
    assert folded(russian) == folded(russian.upper())
    assert len(folded(russian)) == sum(c.isalpha() for c in russian)
    assert folded(greek.upper()) == folded(greek).replace("ς", "σ")


def test_borrowed_letters_read_as_the_ones_they_look_like() -> None:
    assert folded("Тhе hаrbоur іs сlоsеd") == folded("The harbour is closed")
    assert folded("ΤΗΕ ΗΑRΒΟUR").replace("n", "h") == folded("THE HARBOUR")


def test_borrowed_letters_of_every_common_kind() -> None:
    assert folded("асеорхуіѕј АВСЕНКМОРТХ") == folded("aceopxyisj ABCEHKMOPTX")
    assert folded("ΑΒΕΖΙΚΜΟΡΤΧ") == folded("ABEZIKMOPTX")


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("開發中國國家，頭髮乾淨。", "开发中国国家，头发干净。"),
        ("著名的衞星與裏面", "着名的卫星与里面"),
        ("低沼港的碼頭將關閉到春天", "低沼港的码头将关闭到春天"),
    ],
)
def test_traditional_chinese_reads_as_simplified(traditional: str, simplified: str) -> None:
    assert folded(traditional) == folded(simplified)
    assert fold(traditional).dense == fold(simplified).dense


def test_no_simplified_form_has_a_simpler_one() -> None:
    forms = fold_module.simplified()
    assert len(forms) > 4_000
    assert not set(forms.values()) & set(forms)


def test_decomposed_hangul_folds_like_composed() -> None:
    text = "낮은 갯벌 항구가 봄까지 닫힌다"
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)


def test_words_and_dense_letters_are_counted_apart() -> None:
    assert fold("three little words")[2:] == (3, 0)
    assert fold("低沼 harbour 港口")[2:] == (1, 4)
    assert fold("don't-stop 한국어 단어")[2:] == (4, 0)


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("start", range(0, 0x110000, 0x11000))
def test_every_character_folds_to_letters_that_stay(start: int) -> None:
    for point in range(start, start + 0x11000, 7):
        once = folded(chr(point))
        assert folded(once) == once, hex(point)
