"""Time stamps (RFC 3161), through openssl where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from typing import Any

from evidence.checker.saying import Examination

NOT_OURS = "%s does not hold: it is over other data, or of another authority than these certificates"


def stamp(run: Examination, token: bytes, data: bytes, pem: bytes, name: str, where: str) -> datetime | None:
    """Check a token over data; return its time where it holds."""
    if not shutil.which("openssl"):
        run.say("not_checked", "time stamp", "%s: openssl is not installed here" % name, where)
        return None
    if not run.roots and not pem:
        run.say("not_checked", "time stamp", "%s: no certificates to check it with; use --roots" % name, where)
        return None
    roots = run.roots or pem
    at, why = run.once(("token", token, data, roots), lambda: _asked(token, data, roots))
    if at is None:
        more = ". If you trust that authority, name its certificates with --roots" if run.roots else ""
        run.say("failed", "time stamp", why % name + more, where)
        return None
    word, by = ("proved", "") if run.roots else ("claimed", ", by certificates that came with the bundle (see --roots)")
    run.say(word, "time stamp", "%s: it existed at %s%s" % (name, at.isoformat(), by), where)
    return at  # type: ignore[no-any-return]


def _asked(token: bytes, data: bytes, roots: bytes) -> tuple[Any | None, str]:
    """Ask openssl; return the time of the token, or why it does not hold."""
    openssl = str(shutil.which("openssl"))
    if not re.match(rb"\x30(?:[\0-\x7f]|\x81.|\x82..)\x30(?:[\0-\x7f]|\x81.|\x82..)\x02\x01\0", token, re.DOTALL):
        return None, "%s is no answer in which a time stamp is granted"
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, n) for n in ("data", "token", "roots")]
        for path, content in zip(paths, (data, token, roots)):
            with open(path, "wb") as file:
                file.write(content)
        # the token alone: what stands around it in the answer is under no signature, and can say anything
        bare = os.path.join(folder, "bare")
        _run(openssl, "-reply", "-in", paths[1], "-token_out", "-out", bare)
        shown = _run(openssl, "-reply", "-in", bare, "-token_in", "-text")
        told = re.search(r"^Time stamp: (.*) GMT$", shown.stdout.decode("utf-8", "replace"), re.M)
        if not told:
            return None, "%s is no time stamp"
        at = datetime.strptime(re.sub(r"\.\d+", "", told[1]) + " +0000", "%b %d %H:%M:%S %Y %z")
        done = _run(openssl, "-verify", "-data", paths[0], "-in", bare, "-token_in", "-CAfile", paths[2],
                    "-untrusted", paths[2], "-attime", str(int(at.timestamp())))  # fmt: skip
    return (None, NOT_OURS) if done.returncode else (at, "")


def _run(openssl: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([openssl, "ts", *words], capture_output=True, timeout=20)
