"""Which column of a file is which field of a contact: by names in many languages, by values, or as somebody says."""

import pytest

from domain.errors import Invalid
from domain.importing.contact_columns import guessed, targets


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("E-Mail Address,First Name,Last Name,Company", "email,first_name,last_name,company_name"),
        (
            "E-Mail-Adresse;Vorname;Nachname;Firma;Telefonnummer;Straße;PLZ;Ort;Land",
            "email,first_name,last_name,company_name,phone,custom_fields.Straße,postal_code,city,country",
        ),
        (
            "Courriel,Prénom,Nom,Société,Téléphone,Ville,Pays,Poste",
            "email,first_name,last_name,company_name,phone,city,country,job_title",
        ),
        (
            "Correo electrónico,Nombre,Apellidos,Empresa,Teléfono,Ciudad,País,Cargo",
            "email,first_name,last_name,company_name,phone,city,country,job_title",
        ),
        (
            "Indirizzo e-mail,Nome,Cognome,Azienda,Telefono,Città,Paese,CAP",
            "email,first_name,last_name,company_name,phone,city,country,postal_code",
        ),
        (
            "E-mailadres,Voornaam,Achternaam,Bedrijfsnaam,Telefoonnummer,Woonplaats,Land",
            "email,first_name,last_name,company_name,phone,city,country",
        ),
        (
            "Endereço de e-mail,Nome,Sobrenome,Empresa,Telefone,Cidade,Estado,CEP",
            "email,first_name,last_name,company_name,phone,city,state,postal_code",
        ),
        ("メールアドレス,姓,名,会社名,電話番号", "email,last_name,first_name,company_name,phone"),
        ("Email,Full Name,Plan", "email,full_name,custom_fields.Plan"),
        ("Email,Vorname,Name", "email,first_name,last_name"),
        ("Email,First Name,Last Name,Name", "email,first_name,last_name,custom_fields.Name"),
        ("Email,Work Email,custom_fields.plan", "email,custom_fields.Work Email,custom_fields.plan"),
        ("email,,city", "email,city"),
    ],
)
def test_headers_are_understood_in_the_languages_that_files_come_in(header: str, fields: str) -> None:
    names = header.split(";" if ";" in header else ",")
    assert list(guessed(names).values()) == fields.split(",")


def test_columns_without_a_telling_name_are_told_by_their_values() -> None:
    header = ["Column1", "Spalte 2", "c", "Field4", "Notes"]
    rows = [
        ["ann@acme.example", "+34 600 123 456", "acme.example", "Spain", "+34 600 123 456"],
        ["bob@x.example", "0034 600 123 457", "x.example", "Deutschland", ""],
        ["", "", "", "", "call +1"],
    ]
    assert guessed(header, rows) == {
        "Column1": "email",
        "Spalte 2": "phone",
        "c": "company_domain",
        "Field4": "country",
        "Notes": "custom_fields.Notes",
    }


def test_addresses_are_found_under_any_name_where_none_is_called_so() -> None:
    rows = [["1", "ann@acme.example"], ["2", "bob@acme.example"]]
    assert guessed(["Id", "Kontaktdaten"], rows)["Kontaktdaten"] == "email"
    assert guessed(["email", "Kontaktdaten"], rows)["Kontaktdaten"] == "custom_fields.Kontaktdaten"


def test_a_first_line_that_is_a_contact_is_no_header() -> None:
    with pytest.raises(Invalid, match="needs a header"):
        guessed(["ann@acme.example", "Ann"])


def test_a_guess_can_be_used_as_a_mapping() -> None:
    header = ["plan", "custom_fields.plan", "E-Mail", "x" * 200, ""]
    assert targets(header, guessed(header)) == ("custom_fields.plan", None, "email", None, None)


def test_a_mapping_says_what_each_column_is_and_leaves_out_the_others() -> None:
    header = ["E-Mail privat", "Note", "Plan", "Id"]
    mapping = {"Plan": "custom_fields.plan", "E-Mail privat": "email", "Note": None}
    assert targets(header, mapping) == ("email", None, "custom_fields.plan", None)


@pytest.mark.parametrize(
    ("mapping", "problems"),
    [
        ({"Mail": "email", "a/b~c": "city"}, {("/a~1b~0c", "unknown_column")}),
        ({"Mail": "email", "Name": "nickname"}, {("/Name", "unknown_field")}),
        ({"Mail": "email", "Name": "custom_fields."}, {("/Name", "unknown_field")}),
        ({"Mail": "email", "Name": "custom_fields." + "x" * 101}, {("/Name", "unknown_field")}),
        ({"Mail": "email", "Name": "email"}, {("/Name", "field_twice")}),
        ({"Mail": "email", "Name": "full_name", "First": "first_name"}, {("/First", "field_twice")}),
        ({"Name": "first_name"}, {("", "email_missing")}),
        ({}, {("", "email_missing")}),
        ({"": "email"}, {("/", "unknown_column")}),
    ],
)
def test_each_wrong_place_of_a_mapping_is_pointed_at(
    mapping: dict[str, str | None], problems: set[tuple[str, str]]
) -> None:
    with pytest.raises(Invalid) as refused:
        targets(["Mail", "Name", "First", ""], mapping)
    assert refused.value.code == "import.mapping"
    assert {(field.pointer, field.code) for field in refused.value.fields} == problems
