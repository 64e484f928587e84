"""A row of a file as a contact: what is stored of it, and what is wrong with it."""

import pytest

from db.models import Contact
from domain.importing.import_rows import MAX_LENGTHS, CheckedRow, RowCheck
from domain.importing.tables import Row
from domain.profiles.contact_values import COLUMNS


def checked(**cells: object) -> tuple[dict[str, object], CheckedRow]:
    """What is stored of the cells, and the row as it was checked."""
    check = RowCheck([name.replace("__", ".") for name in cells])
    row = check(Row(2, list(cells.values())))
    return dict(zip(check.columns, row.values or (), strict=False)), row


def test_texts_are_as_long_as_their_columns() -> None:
    widths = {name: Contact.__table__.c[name].type.length for name in MAX_LENGTHS}  # type: ignore[attr-defined]
    assert widths == MAX_LENGTHS


def test_every_column_that_a_file_may_give_is_checked_or_told_by_its_labels() -> None:
    labels = {"company_size", "industry", "phone_type", "seniority", "department", "do_not_contact"}
    assert set(COLUMNS) == {*MAX_LENGTHS, *labels, "email", "timezone"}


def test_a_zone_is_given_derived_or_not_there() -> None:
    assert checked(email="a@x.example", timezone="Asia/Tokyo", country="Spain")[0]["timezone_source"] == "given"
    values, _ = checked(email="a@x.example", country="Japan")
    assert (values["timezone"], values["timezone_source"]) == ("Asia/Tokyo", "derived")
    assert checked(email="a@x.example", country="Nowhere")[0]["timezone"] is None


def test_a_phone_is_normalised_or_kept_with_a_remark() -> None:
    assert checked(email="a@x.example", phone="600 123 456", country="Spain")[0]["phone"] == "+34600123456"
    values, row = checked(email="a@x.example", phone="ask Bob")
    assert values["phone"] == "ask Bob"
    assert row.remark is not None
    assert row.remark.reason == "phone: ask Bob cannot be read as a number and was kept as it is"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"email": ""}, "email: is required"),
        ({"email": "a@x.example", "timezone": "Mars"}, "timezone: 'Mars' is not an IANA time zone"),
        ({"email": "a@x.example", "first_name": "\x00"}, "first_name: has a character that cannot be stored"),
        ({"email": "a@x.example", "first_name": "\ud800"}, "first_name: has a character that cannot be stored"),
        ({"email": "a@x.example", "custom_fields__x": "a\x00"}, "custom_fields: has a character"),
        ({"email": "a@x.example", "custom_fields__x": float("nan")}, "custom_fields: must hold no NaN"),
    ],
)
def test_what_cannot_be_stored_is_said(cells: dict[str, object], reason: str) -> None:
    _, row = checked(**cells)
    assert row.values is None
    assert row.remark is not None
    assert (row.remark.reason or "").startswith(reason)


def test_a_custom_field_keeps_its_kind() -> None:
    assert (
        checked(email="a@x.example", custom_fields__x=1, custom_fields__y="ü")[0]["custom_fields"]
        == '{"x": 1, "y": "ü"}'
    )
