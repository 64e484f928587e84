"""The secret key as it is configured: one key, or several with commas between while keys are rotated."""


def each(keys: str) -> list[str]:
    """The keys, the newest first. Raises ``ValueError`` when there is none.

    The empty one that a stray comma makes is left out: everybody could sign, and derive other keys, with that.
    """
    found = [key.strip() for key in keys.split(",") if key.strip()]
    if not found:
        raise ValueError("the secret key is empty")
    return found
