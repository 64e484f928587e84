"""Words as they are compared: lower case, no accents, one kind of digits and apostrophes.

People and servers leave accents out (``fevrier``, ``Marz``) or write them decomposed; rules that look for words are
written without them, and read text that went through ``folded``.
"""

import unicodedata


def _bare(letter: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))


# Latin and Greek alone: in Cyrillic and the scripts of East Asia the marks make other letters.
_LETTERS = {chr(code): _bare(chr(code)) for block in (range(0xC0, 0x400), range(0x1E00, 0x2000)) for code in block}
_MADE_PLAIN = str.maketrans(
    _LETTERS
    | {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss"}
    | dict.fromkeys("’‘`´ʼ＇", "'")
    | dict.fromkeys("–—―−‐‑~〜", "-")
    | {"\u0307": "", "\u200b": "", "\xad": "", "\u200e": "", "\u200f": ""}
)


def folded(text: str) -> str:
    """``text`` for comparisons; its length may differ from the original's."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_MADE_PLAIN)
