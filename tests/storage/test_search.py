"""Search finds words and phrases of every script, the same on both databases, whatever is typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.ids import sha256
from core.records import Media
from core.text import clean
from storage import cases, posts, search, words
from storage.engine import Database
from tests.storage.invented import AT, post

TEXTS = {
    "en": "The Ferry leaves the harbour at noon; see foo-bar.example/tide_table",
    "ru": "Паром уходит из гавани в полдень, ёлка",
    "zh": "渡轮中午离开港口，请看潮汐表ABC",
    "ja": "フェリーは正午に港を出ます。スーパー",
    "ko": "여객선은 정오에 부산에서 출항합니다",
    "th": "เรือข้ามฟากออกจากท่าเรือตอนเที่ยง",
    "ar": "تغادر العبّارة الميناء عند الظهر",
    "hi": "नौका दोपहर में बंदरगाह से निकलती है।",
    "de": "Die Fähre verlässt die Große Straße 🔥",
}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        every = [post(name, text=text, languages=(name,)) for name, text in TEXTS.items()]
        posts.save_posts(conn, every, case_id=case, at=AT)
        cases.ensure_case(conn, "empty", AT)
    return database


def found(database: Database, query: str, case: str | None = None) -> list[str]:
    with database.read() as conn:
        return sorted(hit.ref.removeprefix("quayside:") for hit in search.search(conn, query, case))


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("FERRY harbour", ["en"]), ('"leaves the harbour"', ["en"]), ('"harbour the leaves"', []), ("harb*", ["en"]),
        ("harb", []), ("foo-bar.example", ["en"]), ("tide_table", ["en"]), ("ПАРОМ", ["ru"]), ("елка", ["ru"]),
        ("潮汐", ["zh"]), ("汐潮", []), ("港口 abc", ["zh"]), ("港", ["ja", "zh"]), ("スーパー", ["ja"]),
        ("부산", ["ko"]),
        ("ท่าเรือ", ["th"]), ("العبارة", ["ar"]), ("बंदरगाह", ["hi"]), ("fahre", ["de"]), ("STRASSE", ["de"]),
        ("🔥", ["de"]), ("", []), ('"', []), ("!!! --", []),
    ],
)  # fmt: skip
def test_every_script(filled: Database, query: str, hits: list[str]) -> None:
    assert found(filled, query) == hits


def test_case_and_unknown_case(filled: Database) -> None:
    assert found(filled, "ferry", "harbour") == ["en"]
    assert found(filled, "ferry", "empty") == []
    with pytest.raises(BadInput, match="cases here: empty, harbour"):
        found(filled, "ferry", "nowhere")


HOSTILE = [
    "NEAR(a b)", "words:ferry", "a AND", "NOT", "'; DROP TABLE posts; --", "a & | ! <->", ":*", "*", '""""', "(((",
    "\x00ferry", "^ferry", "-ferry", "{a b}: c", "%s %(x)s :w0 ?", "\ud800", "a" * 5000, '"' + "b " * 3000,
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_query_is_only_words(filled: Database, query: str) -> None:
    found(filled, query)
    assert found(filled, "ferry") == ["en"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40))
def test_no_query_is_an_error(filled: Database, query: str) -> None:
    found(filled, query)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(max_size=60))
def test_every_text_is_found_by_its_words(filled: Database, body: str) -> None:
    text = clean(body)
    name = sha256(text.encode())
    with filled.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        posts.save_posts(conn, [post(name, text=text)], case_id=case, at=AT)
    for word in words.words(text)[:5]:
        assert name in found(filled, word)


def test_edit_moves_the_index(filled: Database) -> None:
    with filled.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        edited = post("zh", text="渡轮停航", media=(Media(alt="空荡的码头"),), languages=("zh",))
        posts.save_posts(conn, [edited], case_id=case, at=AT + timedelta(hours=1))
    assert found(filled, "潮汐") == []
    assert found(filled, "停航 码头") == ["zh"]


def test_long_text_is_found_to_its_end(database: Database) -> None:
    common = " ".join(f"的 {n} 港" for n in range(9000))
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        posts.save_posts(conn, [post(1, text=f"beginning {common} 的 last 灯塔 words")], case_id=case, at=AT)
    assert found(database, '"last 灯塔 words" beginning') == ["1"]
    assert found(database, '"的 1999 港 的 2000"') == ["1"]
    assert found(database, '"words 港"') == []


def test_newest_first_limited_with_the_place_shown(database: Database) -> None:
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        posts.save_posts(conn, [post(n, text="x " * 200 + f"ferry {n}") for n in range(5)], case_id=case, at=AT)
    with database.read() as conn:
        hits = search.search(conn, "ferry", limit=2)
    assert [hit.ref for hit in hits] == ["quayside:4", "quayside:3"]
    assert "ferry 4" in hits[0].snippet
    assert len(hits[0].snippet) < 200
    row = hits[0].as_row()
    assert (row["published"], row["precision"]) == ("2025-02-28T09:30:00Z", "second")


def test_changed_rules_build_the_index_anew(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "VERSION", "next")
    assert "older rules" in filled.check()[0]
    filled.upgrade()
    assert filled.check() == []
    assert found(filled, "潮汐") == ["zh"]
