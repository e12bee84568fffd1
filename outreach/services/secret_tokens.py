"""Secrets that let their holder in: 256 random bits, of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Return a secret that can stand in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what a secret is found by; a fast hash will do, as nobody can guess 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()
