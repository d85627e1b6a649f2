"""Know a wall that answers 200: a form to log in, or a riddle, in place of the page that was asked for.

Pages of posts have forms to log in too (in a corner, behind a button). So words count only where a page says little
else, and a field for a password only where it says next to nothing and does not call itself an article.
"""

from __future__ import annotations

import re
from typing import Literal

_FEW, _SOME = 400, 2_000  # characters of text: next to nothing; a form with its footer and its list of languages
_LOOKED_AT = 2_000_000  # characters of a page that are looked through
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_INPUT = re.compile(r"<input\b[^<>]{0,2000}>", re.IGNORECASE)
_PASSWORD = re.compile(r"""\stype\s*=\s*["']?password\b""", re.IGNORECASE)
_ARTICLE = re.compile(r"""<article\b|property\s*=\s*["']og:type["']\s+content\s*=\s*["']article""", re.IGNORECASE)

_LOG_IN = (
    "log in to continue", "login to continue", "sign in to continue", "log in to see", "sign in to see",
    "log in to view", "sign in to view", "sign up to see", "please log in", "please sign in", "you must log in first",
    "you must be logged in to view", "you need to log in to view", "this content is only available to members",
    "melde dich an, um fortzufahren", "bitte melde dich an", "bitte melden sie sich an", "anmelden, um fortzufahren",
    "connectez-vous pour continuer", "connectez-vous pour voir", "veuillez vous connecter",
    "inicia sesión para continuar", "inicia sesión para ver", "entre para continuar", "inicie sessão para continuar",
    "faça login para continuar", "accedi per continuare", "effettua il login", "log in om door te gaan",
    "zaloguj się, aby", "přihlaste se", "войдите, чтобы", "войдите на сайт", "необходимо авторизоваться",
    "увійдіть, щоб", "devam etmek için giriş yap", "giriş yapmalısınız", "سجل الدخول للمتابعة", "سجّل الدخول للمتابعة",
    "يجب تسجيل الدخول", "برای ادامه وارد شوید", "masuk untuk melanjutkan", "đăng nhập để tiếp tục", "登录后查看",
    "请先登录", "请登录后", "登入後查看", "請先登入", "ログインしてください", "ログインして続行", "로그인이 필요합니다",
    "로그인해주세요", "로그인 후 이용", "เข้าสู่ระบบเพื่อ", "जारी रखने के लिए लॉग इन",
)  # fmt: skip
_TITLES = re.compile(
    r"\s*(?:log ?in|sign ?in|anmelden|einloggen|connexion|se connecter|iniciar sesión|inicia sesión|entrar|iniciar "
    r"sessão|accedi|logowanie|zaloguj się|вход|войти|авторизация|увійти|giriş yap|تسجيل الدخول|登录|登入"
    r"|ログイン|로그인|masuk|đăng nhập)\s*(?:$|[|·•:–—-]|(?:to|bei|auf|à|en|no|na|в)\s)",
    re.IGNORECASE,
)
_RIDDLES = (
    "verify you are human", "verifying you are human", "verify that you are not a robot", "are you a robot?",
    "unusual traffic from your", "checking your browser before", "complete the security check",
    "bestätigen sie, dass sie ein mensch sind", "vérifiez que vous êtes humain", "verifica que eres humano",
    "подтвердите, что вы не робот", "请完成安全验证", "ロボットではありません", "로봇이 아닙니다",
)  # fmt: skip


def wall(page: str | None, text: str | None) -> Literal["login", "riddle"] | None:
    """Return which wall stands where a page was asked for: `page` is its HTML, `text` its text as shown.

    None where there is none, or where the text is not known: nothing is guessed of a page nobody could read.
    """
    if text is None:
        return None
    html, words = (page or "")[:_LOOKED_AT], _plain(text[: _SOME + 1])
    found = _TITLE.search(html)
    title = _plain(found[1]) if found else ""
    few, some = len(words) < _FEW, len(words) < _SOME
    if few and any(riddle in words or riddle in title for riddle in _RIDDLES):
        return "riddle"
    password = some and any(_PASSWORD.search(field[0]) for field in _INPUT.finditer(html))
    says = _TITLES.match(title) is not None or any(known in words or known in title for known in _LOG_IN)
    if says and (few or password):
        return "login"
    return "login" if few and password and not _ARTICLE.search(html) else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())
