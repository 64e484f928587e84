"""Return addresses that say which send a delivery report speaks of."""

from uuid import UUID

import pytest

from domain.sending.return_paths import id_in, return_path

ID = UUID("0198c0de-0000-7000-8000-0000000000a1")


def test_the_address_for_reports_names_the_send() -> None:
    address = return_path("bounces@mail.customer.example", "ann@customer.example", ID)
    assert address == "bounces+0198c0de0000700080000000000000a1@mail.customer.example"
    assert id_in(address) == id_in(address.upper()) == ID


def test_without_one_reports_come_to_the_mailbox_itself() -> None:
    assert return_path(None, "ann@customer.example", ID) == "ann@customer.example"


@pytest.mark.parametrize(
    "address",
    [
        "ann@customer.example",
        "ann+news@customer.example",
        f"{ID.hex}@customer.example",
        f"a+{ID.hex}@b@c",
        f"a+{ID.hex}",
        "",
    ],
)
def test_other_addresses_name_none(address: str) -> None:
    assert id_in(address) is None
