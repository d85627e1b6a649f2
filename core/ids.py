"""Name things: refs, digests and places."""

from __future__ import annotations

import hashlib

MAX_REF = 600  # characters; Postgres indexes 2,704 bytes at most, and a character may have four


def ref(platform: str, native_id: str, site: str | None = None) -> str:
    """Return the name of a post, unique for ever: `platform:native_id`.

    Where many sites run the same software (Mastodon, Discourse, WordPress) an id is unique only on
    its site, so the site is part of the name: `platform@site:native_id`. Of a name that no index could hold the
    digest stands for the id.
    """
    name = f"{platform}@{site}:{native_id}" if site else f"{platform}:{native_id}"
    return name if len(name) <= MAX_REF else f"{platform}:sha256-{sha256(name.encode())}"


def family(ref: str) -> str:
    """Return the id of a family named for a post: whoever knows refs can tell which, a public edition hides it."""
    return sha256(ref.encode())[:12]


def place(platform: str, site: str | None) -> str:
    """Return where a reader would say a post stands: the platform, or `platform@host` where hosts differ."""
    host = (site or "").split("/", 1)[0]
    return f"{platform}@{host}" if "." in host else platform


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def blob_path(digest: str) -> str:
    """Return where a workspace keeps the file of a SHA-256: two levels deep, so that no folder grows too large."""
    return f"archive/blobs/{digest[:2]}/{digest[2:4]}/{digest}"
