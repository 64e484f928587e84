"""What mail programs put before the subject of an answer or a forwarded mail, in many languages (RFC 5322 3.6.5)."""

import re

_PREFIX = re.compile(
    r"\W*(?:re|r|ref|aw|antw|antwort|betr|sv|svar|vs|vb|vl|va|vá|doorst|tr|rv|enc|res|rif|i|pd|odp|ynt|ilt|ha|hal|ke|atb"
    r"|tov|lää|laa|ted|fwd?|wg|απ|σχετ|πρθ|отв|ответ|відп|пересл|回复|答复|回覆|答覆|转发|转寄|轉寄|転送|返信|회신|답장|전달)"
    r"\s*(?:\[\d+\]|\(\d+\)|\*\d+|\^\d+)?\s*[:：]\s*",
    re.IGNORECASE,
)


def is_answer(subject: str) -> bool:
    """Whether a subject is that of an answer or a forwarded mail."""
    return _PREFIX.match(subject) is not None


def without_prefixes(subject: str) -> str:
    """The subject that was answered, however often."""
    while found := _PREFIX.match(subject):
        subject = subject[found.end() :]
    return subject
