"""What survives translation is found in many scripts; posts in one language, or that share little, are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CannotStart
from core.records import Media, Post
from matchers import anchors, language, numerals, translated
from matchers.anchors import Glossary
from matchers.translated import TextTranslated


def _post(text: str, number: int = 1, **more: object) -> Post:
    return Post(platform="tumblr", native_id=str(number), text=text, **more)


ENGLISH = (
    "On 14 March 2031 the firm Velmora Tramways said that 1,340 of its 52,600 tickets were false.\n"
    "The mayor of Corrin asked for a report about the Sablewood depot.\nIt will cost 2.5 million."
)
GERMAN = (
    "Am 14. März 2031 teilte die Firma Velmora Tramways mit, dass 1.340 von 52.600 Fahrscheinen falsch waren.\n"
    "Der Rat von Corrin bat um einen Bericht zu dem Depot Sablewood.\nEs wird 2,5 Millionen kosten."
)
CHINESE = "2031年3月14日，Velmora Tramways公司称52,600张票中有1340张是假票。Corrin市长要求提交报告。费用为250万。"
OTHER = "Der Zoo von Brinmoor hat am 2. Mai 2031 zwei Nilpferde und 17 Ziegen bekommen, und die Kinder freuen sich."


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1,340 and 1.340 or 1\u00a0340", {"1340"}), ("2.5 million", {"2500000"}), ("2,5 Millionen", {"2500000"}),
        ("250万", {"2500000"}), ("二百五十万", {"2500000"}), ("٣٤٥ و ١٢", {"345", "12"}), ("๓๔๕", {"345"}),
        ("二〇三一年", {"2031"}), ("1.2 млн", {"1200000"}), ("3.75", set()), ("12.75", {"12.75"}), ("a1b 7", set()),
        ("1.234.567,89", {"1234567.89"}), ("9" * 40, set()), ("十", set()), ("三千五百人", {"3500"}),
    ],
)  # fmt: skip
def test_numbers_of_any_script_have_one_form(text: str, wanted: set[str]) -> None:
    assert {value for kind, value, _ in numerals.numbers(text) if kind == "number"} == wanted


@pytest.mark.parametrize(
    "text",
    ["14 March 2031", "March 14, 2031", "14. März 2031", "14 марта 2031", "2031年3月14日", "14/03/2031", "3월 14일"],
)  # fmt: skip
def test_dates_have_one_form(text: str) -> None:
    assert ("date", "03-14") in {(kind, value) for kind, value, _ in numerals.numbers(text)}


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    post = _post(text)
    assert len(anchors.anchors(post, Glossary({"x": "x"}))) <= anchors.MOST
    assert language.differ(text, text) is False


def test_names_meet_across_scripts() -> None:
    assert anchors.skeleton("Zelensky") == anchors.skeleton(numerals.spelled("Зеленский"))
    assert [word for _, _, word in anchors.names("der Rat von Corrin tagte gestern noch einmal. Heute")] == [
        "Rat",
        "Corrin",
    ]
    assert anchors.skeleton("Velmora") in {name for name, _, _ in anchors.names("消息称Velmora公司")}


def test_a_translation_is_found_and_its_anchors_named() -> None:
    for other in (GERMAN, CHINESE):
        said = TextTranslated().compare(_post(ENGLISH), _post(other, 2))
        assert said
        assert said.strength == "C"  # one topic has the same anchors as one text
        assert said.sentence.startswith("Possible translation")
        assert "1340" in said.sentence + str(said.detail["anchors"])
        assert 0 < translated.bits(said) <= translated.MOST_BITS


def test_what_is_no_translation() -> None:
    matcher = TextTranslated()
    assert matcher.compare(_post(ENGLISH), _post(ENGLISH.upper(), 2)) is None
    assert matcher.compare(_post(ENGLISH), _post(OTHER, 2)) is None
    assert matcher.compare(_post("The news of the day"), _post("Die Nachrichten und das Wetter", 2)) is None
    link: dict[str, Any] = {"links": ("https://velmora.example/a/page",)}
    assert (
        matcher.compare(_post("This is the page of it", **link), _post("Das ist die Seite und das", 2, **link)) is None
    )
    assert matcher.compare(_post(""), _post("", 2)) is None


def test_what_many_posts_have_weighs_little() -> None:
    matcher = TextTranslated()
    left, right = matcher.read(_post(ENGLISH)), matcher.read(_post(GERMAN, 2))
    held = {anchor.key: 900 for anchor in (*left.anchors, *right.anchors)}
    assert translated.weigh(left, right, held, 1_000).bits < translated.weigh(left, right, {}, 1_000).bits / 2


def test_the_glossary_joins_names() -> None:
    glossary = Glossary.of(["# names", "", "North Pipe = Северная труба = 北管", "Corrin = 科林"])
    assert {name for name, _ in glossary.found("В Северная труба и 北管，科林")} == {"north pipe", "corrin"}
    assert glossary.found("northpipes") == []
    with pytest.raises(CannotStart, match="Line 1"):
        Glossary.of(["alone"])
    said = TextTranslated(glossary).compare(
        _post("The North Pipe in Corrin broke on 14 March 2031, say 345 witnesses."),
        _post("北管于2031年3月14日在科林断裂，345名目击者称。", 2),
    )
    assert said
    assert any(key.startswith("glossary:") for key in said.detail["anchors"])


def test_media_links_tags_and_handles_are_anchors() -> None:
    post = _post(
        "see @corrin_desk #Velmora", links=("https://a.example/x/y", "https://a.example"), tags=("plum",),
        media=(Media(sha256="ab" * 32),),
    )  # fmt: skip
    kinds = [anchor.kind for anchor in anchors.anchors(post)]
    assert sorted(kinds) == ["handle", "link", "media", "tag", "tag"]


@pytest.mark.parametrize(
    ("text", "script", "tongue"),
    [
        (ENGLISH, "Latn", "en"), (GERMAN, "Latn", "de"), (CHINESE, "Hani", ""), ("これは港の写真です", "Hira", ""),
        ("Это не было в городе и на реке", "Cyrl", "ru"), ("", "", ""), ("123 !", "", ""),
    ],
)  # fmt: skip
def test_scripts_and_languages_are_guessed(text: str, script: str, tongue: str) -> None:
    assert (language.script(text), language.language(text)) == (script, tongue)


def test_what_posts_declare_counts_where_the_guess_is_open() -> None:
    assert language.differ("Corrin 1340", "Corrin 1340", (("en",), ("de-AT",)))
    assert not language.differ("Corrin 1340", "Corrin 1340", (("en-GB",), ("en",)))
    assert not language.differ(GERMAN, GERMAN, (("en",), ("de",)))
