"""Walls that answer 200, and pages that only look a little like one."""

from __future__ import annotations

import pytest

from archive.page_walls import wall

FORM = "<form><input name=u><input class='x' type='password' name=p></form>"
ARTICLE = "The sea wall is finished, and the harbour is calm this evening. " * 40


@pytest.mark.parametrize(
    "text",
    ["Log in to continue", "Please  sign in", "Bitte melde dich an, um diesen Beitrag zu sehen.",
     "Connectez-vous pour voir ce contenu", "Inicia sesión para continuar", "Войдите, чтобы увидеть запись",
     "يجب تسجيل الدخول", "请先登录", "ログインしてください", "로그인이 필요합니다", "Devam etmek için giriş yap"],
)  # fmt: skip
def test_a_page_that_says_little_but_to_log_in_is_a_wall(text: str) -> None:
    assert wall("<title>Harbour</title>", text) == "login"


@pytest.mark.parametrize(
    "title", ["Log in", "Login | Harbour", "Sign in to Harbour", "Вход", "登录 - 港口", "Anmelden · Kai"]
)
def test_a_title_to_log_in_with_a_form_is_a_wall_though_a_long_footer_stands_below(title: str) -> None:
    assert wall(f"<title>{title}</title>{FORM}", "English Deutsch Français " * 40) == "login"


def test_few_words_and_a_field_for_a_password_are_a_wall() -> None:
    assert wall(f"<title>Harbour</title>{FORM}", "Name Secret word Enter") == "login"


@pytest.mark.parametrize("text", ["Verify you are human", "Подтвердите, что вы не робот", "请完成安全验证"])
def test_a_page_that_says_little_but_a_riddle_is_one(text: str) -> None:
    assert wall("<title>Harbour</title>", text) == "riddle"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (f"<title>Harbour</title>{FORM}", ARTICLE),
        (f"<title>Harbour</title>{FORM}", f"Log in to continue. {ARTICLE}"),
        (f"<title>Sea wall</title><article>Done.</article>{FORM}", "Done."),
        ("<title>Harbour</title>", "The wall is finished. Log in to reply. Reply Share"),
        ("<title>Login troubles of the ferry</title>", "The ferry has a new desk."),
        ("<title>Harbour</title><input type='text' value='password'>", "Search"),
        (f"<title>Log in</title>{FORM}", None),
        (None, ""),
    ],
)  # fmt: skip
def test_a_page_with_a_form_in_a_corner_or_a_word_of_it_is_none(page: str | None, text: str | None) -> None:
    assert wall(page, text) is None


def test_hostile_pages_cost_little() -> None:
    assert wall("<input " * 300_000, "x") is None
    assert wall("<title" + " " * 2_000_000, "x" * 5_000_000) is None
