"""Liquid templates: what is refused and where, what stops a send, and that no template takes the machine."""

import re
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sending.templates import MissingVariable, TemplateProblem, check, render, variable_paths, variables

CONTACT: dict[str, Any] = {"first_name": "Ann", "spaces": "  ", "none": None, "nothing": [], "n": 3, "list": ["a", "b"]}


def fill(source: str, *, html: bool = False, **contact: object) -> str:
    values = {"contact": {**CONTACT, **contact}, "sender": {"name": "Sam"}, "sequence": {}, "unsubscribe_url": "u"}
    return render(source, values, html=html)


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("Hi\n {{ contact.first_name", 2, 2),
        ("a\nb {{ contact. }}", 2, 6),
        ("a\n{{ }}", 2, 3),
        ("{{ contact.n | nope }}", 1, 16),
        ("{{ contact.n | append }}", 1, 16),
        ("\n\n{% if %}x{% endif %}", 3, 4),
        ("a\n  {% endif %}", 2, 6),
        ("{% if contact.n %}x", 1, 20),
        ("{% raw %}x", 1, 1),
        ("Hi {{ nobody.name }}", 1, 7),
    ],
)
def test_a_template_that_is_wrong_says_where(source: str, line: int, column: int) -> None:
    with pytest.raises(TemplateProblem) as raised:
        check(source)
    assert (raised.value.line, raised.value.column) == (line, column)


@pytest.mark.parametrize("tag", ["include 'x'", "render 'x'", "extends 'x'", "layout 'x'", "cycle 1, 2", "increment x"])
def test_tags_that_reach_outside_are_refused(tag: str) -> None:
    with pytest.raises(TemplateProblem, match="tag"):
        check(f"{{% {tag} %}}")


@pytest.mark.parametrize(
    "name", ["absent", "spaces", "none", "nothing", "list.missing", "nothing | first", "none | upcase"]
)
def test_a_printed_variable_without_a_value_stops_the_send(name: str) -> None:
    with pytest.raises(MissingVariable) as raised:
        fill(f"Hi {{{{ contact.{name} }}}}!")
    assert raised.value.names[0].startswith(f"contact.{name.split(maxsplit=1)[0]}")


@pytest.mark.parametrize("name", ["absent", "spaces", "none", "nothing", "absent | upcase"])
def test_a_default_stands_in_for_what_is_missing(name: str) -> None:
    assert fill(f'Hi {{{{ contact.{name} | default: "you" }}}}!') == "Hi you!"
    assert fill(f'Hi{{{{ contact.{name} | default: "" }}}}!') == "Hi!"


def test_every_missing_variable_is_named_and_none_that_is_not_printed() -> None:
    with pytest.raises(MissingVariable) as raised:
        fill("{{ contact.z }}{{ contact.a }}{% if contact.q %}{{ contact.r }}{% endif %}")
    assert raised.value.names == ("contact.a", "contact.z")
    assert variables("{{ contact.a }}{{ contact.b | default: 'x' }}{% if contact.c %}{% endif %}") == {"contact.a"}


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("{% if contact.a %}{{ contact.a }}{% endif %}", set()),
        ("{% if contact.a == 'x' %}{{ contact.b }}{{ contact.a }}{% endif %}", {("contact", "b")}),
        (
            "{% if contact.a %}x{% elsif contact.b %}{{ contact.b }}{% else %}{{ contact.c }}{% endif %}",
            {("contact", "c")},
        ),
        ("{% if contact.a %}{{ contact.a }}{% endif %}{{ contact.a }}", {("contact", "a")}),
        ("{% for x in contact.list %}{{ x }}{% endfor %}", set()),
        ("{% assign x = contact.a | upcase %}{{ x }}", {("contact", "a")}),
        ("{% capture x %}{{ contact.a }}{% endcapture %}", {("contact", "a")}),
        ("{{ contact.custom_fields['a.b c'] }}", {("contact", "custom_fields", "a.b c")}),
        ("{{ contact.custom_fields.tags[0] }}", {("contact", "custom_fields", "tags", "0")}),
        ("{{ contact[sequence.name] }}", set()),
    ],
)
def test_the_variables_that_a_send_needs_are_those_that_nothing_stands_in_for(
    source: str, needed: set[tuple[str, ...]]
) -> None:
    assert variable_paths(source) == needed


@pytest.mark.parametrize(("value", "shown"), [(0, "0"), (False, "false"), (1.5, "1.5")])
def test_zero_and_false_are_values(value: object, shown: str) -> None:
    assert fill("{{ contact.v }}", v=value) == shown


def test_what_is_missing_is_false_in_a_condition() -> None:
    assert fill("{% if contact.absent %}a{% else %}b{% endif %}{% if contact.spaces == blank %}c{% endif %}") == "bc"


@given(st.text())
def test_a_contacts_data_is_never_a_template(text: str) -> None:
    sly = "{{ sender.name }}{% if %}" + text
    filled = fill("{{ contact.v }}", v=sly)
    assert filled == re.sub("\r\n?", "\n", sly)


@given(st.text(alphabet="<>&\"'ab {%}", min_size=1).map(lambda text: f"x{text}"))
def test_in_html_nothing_that_is_filled_in_is_markup(text: str) -> None:
    for source in (
        "{{ contact.v }}",
        "{% capture c %}{{ contact.v }}{% endcapture %}{{ c }}",
        "{{ contact.v | upcase }}",
    ):
        filled = fill(source, html=True, v=text)
        assert not set("<>\"'") & set(filled)
        assert filled.count("&") == sum(text.count(c) for c in "<>&\"'")


def test_in_html_the_templates_own_markup_stays() -> None:
    assert fill("<b>{{ contact.first_name }}</b>{{ contact.x | default: '<i>' }}", html=True) == "<b>Ann</b><i>"


@pytest.mark.parametrize("name", ["__class__", "first_name.__class__", "list.append", "n.real"])
def test_python_cannot_be_reached(name: str) -> None:
    with pytest.raises(MissingVariable):
        fill(f"{{{{ contact.{name} }}}}")


GROWING = "{% assign x = 'xxxxxxxxxx' %}{% for a in (1..400) %}{% assign x = x | append: x %}{% endfor %}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ (1..1000000000) | join }}",
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% assign r = (1..1000000000) %}{{ r | join }}",
        "{% for i in (1..contact.n) %}x{% endfor %}",
        "{% for a in (1..500) %}{% for b in (1..500) %}x{% endfor %}{% endfor %}",
        "{% for a in contact.many %}x{% endfor %}",
        GROWING,
        GROWING.replace("append: x", "replace: 'x', 'xxxxxxxxxx'"),
        "{% for a in (1..400) %}" + "y" * 1900 + "{% endfor %}",
        "{% if contact.n %}" * 1500 + "{% endif %}" * 1500,
        "{% if " + "(" * 900 + "1" + ")" * 900 + " %}{% endif %}",
        "{{ contact.n | times: " + "9" * 1900 + " }}",
        "{{ 'x' | date: '%9999999999d' }}",
        "{{ contact.n" + " " * 60_000,
        "x" * (64 * 1024 + 1),
        "{{ 1 }}" * 9000,
    ],
    ids=lambda source: source[:40],
)
def test_a_template_that_asks_for_too_much_is_refused_at_once(source: str) -> None:
    begun = time.process_time()
    with pytest.raises(TemplateProblem):
        fill(source, many=list(range(10_000)))
    assert time.process_time() - begun < 2


@given(st.text(alphabet="{}%|.'\"()[]-: \nabcontifer1_,", max_size=80))
def test_any_text_is_filled_or_refused_in_a_known_way(source: str) -> None:
    for html in (False, True):
        with suppress(TemplateProblem, MissingVariable):
            fill(source, html=html)
