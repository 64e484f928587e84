"""The letters beyond ASCII of the languages that old encodings were made for."""

from collections.abc import Sequence


def _alphabets(*languages: str) -> Sequence[frozenset[str]]:
    return tuple(frozenset(letters + letters.upper()) for letters in languages)


_WESTERN = (
    "äöüßéàè",  # German, with French names
    "àâæçéèêëîïôùûüÿœ",  # French
    "áéíñóúüçàèïòôª",  # Spanish, Catalan, Galician
    "áâãàçéêíóôõú",  # Portuguese
    "àèéìíîòóù",  # Italian
    "áäéëíïóöúü",  # Dutch
    "æøåéäöüáàê",  # Danish, Norwegian
    "åäöéüáàèæø",  # Swedish, Finnish
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýžäöü",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîșşțţ",  # Romanian
    "čćđšž",  # Croatian, Slovene
)
_TURKISH = "çğıiİöşüâîû"
_ICELANDIC = "áðéíóúýþæö"
_CYRILLIC = "".join(map(chr, range(0x430, 0x460))) + "ґ№"
_GREEK = "".join(map(chr, range(0x3AC, 0x3CF))) + "ΐΰ"
_HEBREW = "".join(map(chr, range(0x5D0, 0x5EB))) + "׳״"
_ARABIC = "".join(map(chr, range(0x621, 0x653))) + "پچژگکیە"
_THAI = "".join(map(chr, range(0xE01, 0xE5C)))

ALPHABETS: dict[str, Sequence[frozenset[str]]] = {
    "cp1252": _alphabets(*_WESTERN),
    "cp1250": _alphabets(*_CENTRAL),
    "cp1254": _alphabets(_TURKISH),
    "cp1255": _alphabets(_HEBREW),
    "cp1251": _alphabets(_CYRILLIC),
    "koi8_r": _alphabets(_CYRILLIC),
    "cp1253": _alphabets(_GREEK),
    "cp1256": _alphabets(_ARABIC),
    "cp874": _alphabets(_THAI),
    "mac_roman": _alphabets(*_WESTERN),
    "cp850": _alphabets(*_WESTERN),
    "iso8859_2": _alphabets(*_CENTRAL),
    "iso8859_1": _alphabets(_ICELANDIC),
}
"""Of each single-byte encoding the alphabets of its languages; of two that explain as much the first counts."""

SIGNS = frozenset("’‘“”„–—…€«»°§´·®™©º\u00a0")
"""What stands between letters in any language."""
