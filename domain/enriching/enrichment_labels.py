"""The providers' words for industries, levels, departments and sizes, as those of our own enumerations.

One table for each enumeration, since providers share most words; what stands in none is left out, not guessed.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from domain.vocabulary import CompanySize, Department, Industry, Seniority

Label = TypeVar("Label", bound=StrEnum)


def _table(words: Mapping[Label, str]) -> dict[str, Label]:
    return {normal(word): label for label, listed in words.items() for word in listed.split(",")}


def normal(word: str) -> str:
    """A provider's word without what providers write differently: case, punctuation, ``&`` for ``and``."""
    return " ".join(re.findall(r"[a-z0-9]+", word.lower().replace("&", " and ")))


INDUSTRIES: Final = _table(
    {
        Industry.TECHNOLOGY: """technology, information technology, information technology and services, it services,
            computer software, software, software development, software and services, internet, internet software and
            services, internet software & services, technology hardware and equipment, computer hardware, computer
            networking, computer and network security, computer games, semiconductors, telecommunications,
            telecommunication services, wireless, hardware, saas, technology information and internet""",
        Industry.HEALTHCARE: """healthcare, health care, hospital and health care, hospitals, medical practice, medical
            devices, mental health care, pharmaceuticals, biotechnology, health wellness and fitness, health care
            equipment and services, pharmaceuticals biotechnology and life sciences, hospitals and physicians clinics,
            hospital, veterinary""",
        Industry.FINANCE: """finance, financials, financial services, banking, banks, insurance, investment banking,
            investment management, venture capital and private equity, capital markets, diversified financials,
            accounting""",
        Industry.EDUCATION: """education, education management, higher education, primary secondary education,
            primary and secondary education, e learning, education services, schools and education, research""",
        Industry.RETAIL: """retail, retailing, consumer goods, apparel and fashion, luxury goods and jewelry,
            supermarkets, wholesale, food and staples retailing, consumer discretionary, consumer staples,
            e commerce""",
        Industry.MANUFACTURING: """manufacturing, automotive, machinery, chemicals, plastics, textiles, furniture,
            electrical electronic manufacturing, electrical and electronic manufacturing, industrial automation,
            aviation and aerospace, defense and space, mechanical or industrial engineering, packaging and containers,
            paper and forest products, food production, shipbuilding, railroad manufacture, glass ceramics and
            concrete, building materials, industrials, capital goods, materials, automobiles and components""",
        Industry.CONSULTING: """consulting, management consulting, business consulting and services, professional
            services, human resources, staffing and recruiting, market research, outsourcing offshoring, business
            services, commercial and professional services, management consulting services""",
        Industry.REAL_ESTATE: "real estate, commercial real estate, property management",
        Industry.OTHER: """energy, utilities, oil and energy, media, media and entertainment, hospitality,
            entertainment, construction, transportation, government, non profit organization management,
            agriculture, law practice, legal services, communication services, food and beverages, organizations,
            minerals and mining, consumer services, municipal services""",
    }
)
SENIORITIES: Final = _table(
    {
        Seniority.INDIVIDUAL_CONTRIBUTOR: "individual contributor, entry, training, junior, non manager, unpaid",
        Seniority.SENIOR: "senior",
        Seniority.MANAGER: "manager",
        Seniority.DIRECTOR: "director",
        Seniority.VP: "vp, vp level exec, vice president",
        Seniority.C_SUITE: "c suite, cxo, c level, c level exec, executive",
        Seniority.FOUNDER: "founder, owner",
        Seniority.OTHER: "partner, board member",
    }
)
DEPARTMENTS: Final = _table(
    {
        Department.SALES: "sales, business development, sales engineering, partnerships",
        Department.MARKETING: "marketing, communications, communication, public relations, media",
        Department.ENGINEERING: """engineering, information technology, it, engineering and technical, research,
            software engineering""",
        Department.PRODUCT: "product, product management",
        Department.DESIGN: "design, creative",
        Department.HR: "hr, human resources, recruiting",
        Department.FINANCE: "finance, accounting",
        Department.OPERATIONS: "operations, support, customer service, fulfillment, manufacturing, trade",
        Department.EXECUTIVE: "executive, leadership, c suite, management",
        Department.OTHER: """legal, education, health, health professional, medical and health, real estate,
            advisory, analyst, hospitality, professional service, public service""",
    }
)

_UPPER_BOUNDS: Final = (10, 50, 200, 500, 1_000, 5_000, 10_000)


def label(table: Mapping[str, Label], *words: object) -> Label | None:
    """Our label for the first of the words that is known."""
    return next((table[normal(word)] for word in words if isinstance(word, str) and normal(word) in table), None)


def size_of(employees: object) -> CompanySize | None:
    """The size for a number of employees, or for a range such as ``51-200``, ``1K-5K`` or ``10001+`` by its middle."""
    if isinstance(employees, bool) or not isinstance(employees, int | str):
        return None
    numbers = [_number(*match) for match in re.findall(r"(\d[\d,.]*)\s*([kK]?)", str(employees))]
    if not numbers or sum(numbers) <= 0:
        return None
    middle = sum(numbers[:2]) / len(numbers[:2])
    return list(CompanySize)[sum(middle > bound for bound in _UPPER_BOUNDS)]


def _number(digits: str, thousands: str) -> int:
    return int(re.sub(r"[,.]", "", digits)) * (1_000 if thousands else 1)
