"""Cells as the fields of a contact: labels as people write them, names split, types kept."""

from typing import Any

import pytest

from domain.importing.contact_labels import ENUMS, flag, label
from domain.importing.contact_rows import fields, split_name


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("11-50", "11-50"),
        ("11 - 50", "11-50"),
        ("51–200 employees", "51-200"),
        ("2-10", "1-10"),
        ("0-1 employees", "1-10"),
        ("120", "51-200"),
        ("1,001-5,000", "1001-5000"),
        ("5.001 - 10.000 Mitarbeiter", "5001-10000"),
        ("10000+", "10000+"),
        ("10,001+ employees", "10000+"),
        ("over 10,000", "10000+"),
        ("12000", "10000+"),
        ("50-100", None),
        ("500+", None),
        ("10-Jan", None),
        ("many", None),
        ("", None),
    ],
)
def test_a_size_is_that_label_which_holds_all_of_it(text: str, size: str | None) -> None:
    assert label("company_size", text) == size


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("industry", "Information Technology & Services", "technology"),
        ("industry", "Real-Estate", "real_estate"),
        ("industry", "Hospital & Health Care", "healthcare"),
        ("industry", "Mining", None),
        ("seniority", "C-Suite", "c_suite"),
        ("seniority", "Vice President", "vp"),
        ("seniority", "Co-Founder", "founder"),
        ("department", "Human Resources", "hr"),
        ("department", "VERTRIEB", "sales"),
        ("phone_type", "Móvil", "mobile"),
        ("phone_type", "Geschäftlich", "work"),
    ],
)
def test_labels_are_told_from_what_people_write(column: str, text: str, told: str | None) -> None:
    assert label(column, text) == told


@pytest.mark.parametrize(("column", "value"), [(column, value) for column, labels in ENUMS.items() for value in labels])
def test_a_label_is_itself(column: str, value: str) -> None:
    assert label(column, value) == value


@pytest.mark.parametrize(
    ("text", "told"), [("Yes", True), (" ja ", True), ("1", True), ("NO", False), ("нет", False), ("maybe", None)]
)
def test_yes_and_no_are_told_in_many_languages(text: str, told: bool | None) -> None:
    assert flag(text) is told


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ann Smith", "Ann", "Smith"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Smith, Ann Mary", "Ann Mary", "Smith"),
        ("Dr. Ann Smith", "Ann", "Smith"),
        ("Herr Prof. Max Muster", "Max", "Muster"),
        ("Ann", "Ann", None),
        ("Dr.", "Dr.", None),
        ("山田太郎", "山田太郎", None),
    ],
)
def test_a_full_name_is_split(name: str, first: str, last: str | None) -> None:
    assert split_name(name) == {"first_name": first} | ({"last_name": last} if last else {})


def test_cells_become_fields_and_empty_ones_none() -> None:
    targets = ("email", None, "full_name", "custom_fields.Plan", "city", "industry", "do_not_contact", "country")
    cells = [" a@b.example ", "x", "Ann Ray", " trial ", " ", "Software", "no", None]
    assert fields(targets, cells) == (
        {
            "email": "a@b.example",
            "first_name": "Ann",
            "last_name": "Ray",
            "industry": "technology",
            "do_not_contact": False,
            "custom_fields": {"Plan": "trial"},
        },
        None,
    )


def test_values_of_json_keep_their_type_in_custom_fields_and_are_texts_in_columns() -> None:
    found = fields(("email", "postal_code", "do_not_contact", "custom_fields.n"), ["a@b.example", 8001, True, [1, {}]])
    assert found == (
        {"email": "a@b.example", "postal_code": "8001", "do_not_contact": True, "custom_fields": {"n": [1, {}]}},
        None,
    )


@pytest.mark.parametrize(
    ("target", "cell", "problem"),
    [
        ("company_size", "50-100", "company_size: “50-100” is not one of its labels"),
        ("do_not_contact", "maybe", "do_not_contact: “maybe” is not yes or no"),
        ("city", {"name": "Rome"}, "city: must be a text"),
    ],
)
def test_a_value_that_cannot_be_told_is_named_and_stays(target: str, cell: Any, problem: str) -> None:
    assert fields((target,), [cell]) == ({target: cell}, problem)
