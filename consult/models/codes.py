"""Opaque codes for addresses and for saying aloud: no order, no meaning, no look-alikes."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code() -> str:
    """Ten characters of 31: guessing one of a million rows takes 800 million tries."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))
