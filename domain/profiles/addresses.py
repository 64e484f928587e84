"""Addresses of people and mailboxes: one normal form, so that no spelling slips past a suppression."""

import re

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 255  # Characters, as wide as the column ``contacts.email``.

# Nearly every address there is, told a hundred times faster than by the full check, which gives it the same form.
# Domains of special use (RFC 6761) and those with "--", which may be IDNA, are left to that.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@.{1,63}\Z)"
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!arpa\Z|invalid\Z|local\Z|localhost\Z|onion\Z)[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
)


class AddressProblem(ValueError):
    """The text is no email address; the message is a sentence that can be shown to a person."""


def normalise(address: str) -> str:
    """The one form in which an address is stored and compared.

    Lower case as a whole (no provider in use tells ``Bob`` from ``bob``) and an international domain in ASCII
    (IDNA 2008). The syntax is that of RFC 5321; no DNS is asked. Raises ``AddressProblem``.
    """
    text = address.strip()
    if _PLAIN.fullmatch(text):
        return text.lower()
    if len(text) > MAX_LENGTH:
        raise AddressProblem(f"The address has {len(text)} characters; {MAX_LENGTH} is the most.")
    try:
        # "test_environment" admits the domain .test, which RFC 2606 keeps for trying things out.
        parts = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
        )
    except EmailNotValidError as problem:
        raise AddressProblem(f"{_shown(text)} is not an email address: {problem}") from None
    normal = f"{parts.local_part}@{parts.ascii_domain}".lower()
    if len(normal) > MAX_LENGTH:
        raise AddressProblem(f"The address has {len(normal)} characters in ASCII; {MAX_LENGTH} is the most.")
    return normal


def domain_of(address: str) -> str:
    """The domain of a normalised address: ``bob@example.com`` gives ``example.com``.

    Raises ``AddressProblem`` when there is no ``@``.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise AddressProblem(f"{_shown(address)} is not an email address: it has no domain.")
    return domain


def _shown(text: str) -> str:
    """The text fit for a sentence: printable and short."""
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return f"“{printable[:60]}{'…' if len(printable) > 60 else ''}”"
