"""The key store of the operating system, where it has one that truly keeps secrets; only this file knows keyring."""

from __future__ import annotations

from typing import Any

SERVICE = "copytrail"
# stores of keyring's own that guard what they hold; its stand-ins (fail, null) and files in plain text are no stores
_REAL = ("keyring.backends.SecretService", "keyring.backends.libsecret", "keyring.backends.kwallet",
         "keyring.backends.macOS", "keyring.backends.Windows")  # fmt: skip


def name() -> str | None:
    """Return what the key store of this machine is called, None where there is none to be trusted with a secret."""
    store = _store()
    return None if store is None else str(getattr(store, "name", type(store).__module__))


def keep(account: str, secret: str) -> bool:
    """Put a secret into the key store; return whether it is there now, as read back."""
    from keyring.errors import KeyringError

    store = _store()
    try:
        if store is None:
            return False
        store.set_password(SERVICE, account, secret)
        return bool(store.get_password(SERVICE, account) == secret)
    except (KeyringError, OSError, RuntimeError):
        return False


def find(account: str) -> str | None:
    """Return a secret from the key store, None where it has none or stays locked."""
    from keyring.errors import KeyringError

    store = _store()
    try:
        found = store.get_password(SERVICE, account) if store is not None else None
    except (KeyringError, OSError, RuntimeError):
        return None
    return found if isinstance(found, str) else None


def drop(account: str) -> None:
    """Take a secret out of the key store; it may be gone already."""
    from contextlib import suppress

    from keyring.errors import KeyringError

    store = _store()
    if store is not None:
        with suppress(KeyringError, OSError, RuntimeError):
            store.delete_password(SERVICE, account)


def _store() -> Any:
    """Return the first store to be trusted, in the order keyring prefers them."""
    import keyring
    from keyring.errors import KeyringError

    try:
        chosen = keyring.get_keyring()
        candidates = list(getattr(chosen, "backends", None) or [chosen])
    except (KeyringError, OSError, RuntimeError):
        return None
    return next((store for store in candidates if type(store).__module__.startswith(_REAL)), None)
