"""Know secrets: our own by their value, those of others by their form; a bundle that holds one of ours is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from core.redact import HIDDEN, SECRET_PARAMETERS
from evidence.hiding import Hider
from evidence.targets import Pattern, Target

SHORTEST = 6  # characters of a value of ours that is looked for: a shorter one stands anywhere by chance
_PARAMETERS = "|".join(sorted(map(re.escape, SECRET_PARAMETERS - {"key", "auth", "client_id"}), key=len, reverse=True))

_CRUMB = (  # what a cookie may say and tell nothing: its value is covered, or it is no value
    rf"(?:(?:[^=;\r\n]*=)?{HIDDEN}|(?:path|domain|expires|max-age|samesite|priority)=[^;\r\n]*|secure|httponly|partitioned)"
)


def _kind(rule: str, find: str, *probes: str, flags: int = 0, hint: str = "") -> Pattern:
    return Pattern(f"secret-{rule}", probes, re.compile(find, flags), hint=re.compile(hint) if hint else None)


KINDS: tuple[Pattern, ...] = (
    _kind("aws-key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])", "akia", "asia", "abia",
          "acca", hint=r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}"),
    _kind("google-key", r"(?<![A-Za-z0-9_-])AIza[0-9A-Za-z_-]{35}", "aiza", hint="AIza[0-9A-Za-z_-]{35}"),
    _kind("google-token", r"(?<![A-Za-z0-9_.-])ya29\.[0-9A-Za-z_-]{20,}", "ya29.", hint=r"ya29\.[0-9A-Za-z_-]{20}"),
    _kind("slack-token", r"(?<![A-Za-z0-9])xox[abceoprs]-[0-9A-Za-z-]{10,}", "xox",
          hint="xox[abceoprs]-[0-9A-Za-z-]{10}"),
    _kind("slack-hook", r"hooks\.slack\.com/(?:services|workflows)/(?P<it>[A-Za-z0-9/_-]{20,})", "hooks.slack.com"),
    _kind("github-token", r"(?<![A-Za-z0-9])(?:gh[pousr]_[0-9A-Za-z]{30,}|github_pat_[0-9A-Za-z_]{22,})", "gh",
          "github_pat_", hint="g(?:h[pousr]_[0-9A-Za-z]{30}|ithub_pat_[0-9A-Za-z_]{22})"),
    _kind("gitlab-token", r"(?<![A-Za-z0-9])glpat-[0-9A-Za-z_-]{20,}", "glpat-", hint="glpat-[0-9A-Za-z_-]{20}"),
    _kind("api-key", r"(?<![A-Za-z0-9])(?:sk|rk|pk)[-_](?:live|test|proj|ant|or)[-_][0-9A-Za-z_-]{16,}", "sk", "rk",
          "pk", hint="k[-_](?:live|test|proj|ant|or)[-_][0-9A-Za-z_-]{16}"),
    _kind("telegram-token", r"(?<![0-9A-Za-z])[0-9]{8,10}:AA[0-9A-Za-z_-]{33}(?![0-9A-Za-z_-])", ":aa",
          hint=":AA[0-9A-Za-z_-]{33}"),
    _kind("private-key", r"-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY(?: BLOCK)?-----(?P<it>.{16,20000}?)-----END",
          "private key", flags=re.S),
    _kind("age-key", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}", "age-secret-key-1", flags=re.I),
    _kind("jwt", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", "eyj",
          hint=r"eyJ[A-Za-z0-9_-]{8,}\.eyJ"),
    _kind("authorization", r"authorization[\"']?\s*[:=]\s*[\"']?(?P<it>(?:Bearer|Basic|Token|Digest|OAuth)\s++"
          rf"(?!{HIDDEN})[^\s\"'<>,;]{{6,}})", "authorization", flags=re.I),
    _kind("cookie", rf"^(?:set-)?cookie:[ \t]*+(?!{_CRUMB}(?:;[ \t]*+{_CRUMB})*+;?[ \t]*+\r?$)(?P<it>[^\r\n]{{3,}})",
          "cookie:", flags=re.I | re.M),
    _kind("parameter", rf"[?&;](?:{_PARAMETERS})=(?P<it>(?!{HIDDEN})[^&;#\s\"'<>\\]{{4,}})", "=", flags=re.I),
    _kind("userinfo", rf"://(?P<it>(?!{HIDDEN})[^\s/:@\"'<>?#]{{1,100}}:[^\s/@\"'<>?#]{{1,200}})@", "@"),
)  # fmt: skip


def hider(own: Mapping[str, str]) -> Hider:
    """Return what finds our own secrets; `own` are values by the name under which a refusal speaks of them."""
    found = {name: value.strip() for name, value in own.items()}
    return Hider([Target(v, HIDDEN, f"our secret {n}") for n, v in found.items() if len(v) >= SHORTEST])


def scan(path: Path, own: Mapping[str, str]) -> list[str]:
    """Return where secrets of ours stand in a finished bundle: file, offset and name of the secret, never its value."""
    from evidence.scan import search

    return [found.sentence for found in search(path, hider(own))]
