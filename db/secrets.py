"""Passwords at rest: encrypted with keys derived from the secret key, which may be rotated."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain import secret_keys


class SecretBox:
    """Encrypts with the first of the comma-separated keys and decrypts with any, so that keys can be rotated."""

    def __init__(self, secret_key: str) -> None:
        self._fernet = MultiFernet([Fernet(_derive(key)) for key in secret_keys.each(secret_key)])

    def encrypt(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def decrypt(self, sealed: bytes) -> str:
        """The text; raises ``ValueError`` when none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ValueError(
                "a stored password was encrypted with another OPENDOORS_SECRET_KEY; "
                "add the old key after a comma, or enter the password again"
            ) from error


def _derive(key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"opendoors mailbox passwords")
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
