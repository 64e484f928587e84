"""The labels of a contact's enums for what people and other programs write instead; only where it is safe to tell."""

import re
from enum import StrEnum
from functools import lru_cache

from domain.incoming.folding import folded
from domain.vocabulary import CompanySize, Department, Industry, PhoneType, Seniority

ENUMS: dict[str, type[StrEnum]] = {
    "company_size": CompanySize,
    "industry": Industry,
    "phone_type": PhoneType,
    "seniority": Seniority,
    "department": Department,
}
"""The columns of a contact that hold labels."""

_SYNONYMS: dict[str, dict[StrEnum, str]] = {
    "industry": {
        Industry.TECHNOLOGY: """
            tech; it; information technology; information technology and services; computer software; software; saas;
            internet; software development; it services; it services and it consulting; technologie; informatik
            """,
        Industry.HEALTHCARE: "health care; health; hospital and health care; hospitals and health care",
        Industry.FINANCE: "financial services; banking; finance and banking; finanzen; finanzdienstleistungen",
        Industry.EDUCATION: "higher education; education management; e learning; bildung",
        Industry.RETAIL: "e commerce; ecommerce; retail trade; einzelhandel",
        Industry.MANUFACTURING: "industrial manufacturing; produktion; fertigung",
        Industry.CONSULTING: "management consulting; business consulting; business consulting and services; beratung",
        Industry.REAL_ESTATE: "realestate; commercial real estate; property; immobilien",
        Industry.OTHER: "others; miscellaneous; sonstige; sonstiges; andere",
    },
    "phone_type": {
        PhoneType.WORK: "business; office; direct; work direct; company; corporate; geschaftlich; buro; bureau",
        PhoneType.MOBILE: "cell; cellphone; cell phone; mobile phone; handy; movil; portable; celular; cellulare",
        PhoneType.HOME: "private; personal; privat; domicile; casa; thuis",
    },
    "seniority": {
        Seniority.INDIVIDUAL_CONTRIBUTOR: "ic; contributor",
        Seniority.MANAGER: "mgr; management",
        Seniority.VP: "vice president; v p; vice president level; vp level",
        Seniority.C_SUITE: "c level; csuite; clevel; cxo; chief officer",
        Seniority.FOUNDER: "co founder; cofounder; founder and owner",
        Seniority.DIRECTOR: "director level",
        Seniority.SENIOR: "sr; senior level",
    },
    "department": {
        Department.SALES: "vertrieb; ventas; ventes; vendite; verkoop; vendas",
        Department.ENGINEERING: "software engineering; engineering and development",
        Department.PRODUCT: "product management",
        Department.HR: "human resources; people; people operations; personal; ressources humaines; recursos humanos",
        Department.FINANCE: "accounting; finance and accounting; finanzen; buchhaltung",
        Department.OPERATIONS: "ops; operaciones; operations management",
        Department.EXECUTIVE: "executives; geschaftsleitung; geschaftsfuhrung",
    },
}
_LABELS = {
    column: {label.value.replace("_", " "): label.value for label in labels}
    | {word.strip(): label.value for label, words in _SYNONYMS.get(column, {}).items() for word in words.split(";")}
    for column, labels in ENUMS.items()
}
_RANGES = {size.value: size.value.split("-") for size in CompanySize if size is not CompanySize.OVER_10000}
_TRUE = frozenset({"true", "t", "yes", "y", "1", "x", "on", "ja", "j", "oui", "si", "sim", "s", "да", "はい", "是"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off", "nein", "non", "nao", "nee", "нет", "いいえ", "否", "-"})
_RANGE = re.compile(r"(?:ca\.? |about |approx\. )?(\d+)(k?)(?:\s*(?:-|to|bis|a)\s*(\d+)(k?))?(?: [^\d+>]*)?")
_OVER = re.compile(r"(?:>|over |more than |mehr als |uber )?\s*(\d+)(k?)\s*(?:\+|and more|or more)?(?: [^\d]*)?")


@lru_cache(maxsize=16_384)
def label(column: str, text: str) -> str | None:
    """The label that a text means in a column of ``ENUMS``: ``Real Estate``, ``51–200 employees``; None: none.

    A company's size may be a number or any range within that of one label.
    """
    if column == "company_size":
        return _size(text)
    words = re.sub(r"[\W_]+", " ", folded(text).replace("&", " and "))
    return _LABELS[column].get(words.strip())


@lru_cache(maxsize=1024)
def flag(text: str) -> bool | None:
    """What a text such as ``yes``, ``Ja`` or ``0`` says; None when it says neither."""
    plain = folded(text).strip()
    return True if plain in _TRUE else False if plain in _FALSE else None


def _size(text: str) -> str | None:
    # 1,000 and 1.000 and 1 000 are all a thousand, and so is 1K.
    plain = re.sub(r"(?<=\d)[., '](?=\d{3}(?!\d))", "", folded(text)).strip()
    found = _RANGE.fullmatch(plain)
    if found is None:
        over = _OVER.fullmatch(plain)
        return CompanySize.OVER_10000.value if over and _number(*over.groups()) >= 10_000 else None
    low, low_k, high, high_k = found.groups()
    # "1-5K" counts both in thousands, as its writer does.
    return _size_between(_number(low, low_k or high_k or ""), _number(high or low, high_k or low_k))


def _number(digits: str, thousands: str) -> int:
    return int(digits[:9]) * (1000 if thousands else 1)


def _size_between(least: int, most: int) -> str | None:
    """The label whose range holds both numbers; a company has somebody."""
    if least > 10_000:
        return CompanySize.OVER_10000.value
    least, most = max(least, 1), max(most, 1)
    return next((size for size, (low, high) in _RANGES.items() if int(low) <= least <= most <= int(high)), None)
