"""Name things: refs, digests and places."""

from __future__ import annotations

import hashlib


def ref(platform: str, native_id: str, site: str | None = None) -> str:
    """Return the name of a post, unique for ever: `platform:native_id`.

    Where many sites run the same software (Mastodon, Discourse, WordPress) an id is unique only on
    its site, so the site is part of the name: `platform@site:native_id`.
    """
    return f"{platform}@{site}:{native_id}" if site else f"{platform}:{native_id}"


def place(platform: str, site: str | None) -> str:
    """Return where a reader would say a post stands: the platform, or `platform@host` where hosts differ."""
    host = (site or "").split("/", 1)[0]
    return f"{platform}@{host}" if "." in host else platform


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes as lower-case hex."""
    return hashlib.sha256(data).hexdigest()
