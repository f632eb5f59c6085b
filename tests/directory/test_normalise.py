"""Normal forms of names and addresses."""

import pytest

from tandem.directory.normalise import email_key, is_email, name_key


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (("Pettibone", "Alma"), "pettibone alma"),
        (("O’Brien-Núñez", "Zoë"), "obrien nunez zoe"),
        (("Łódź", "Øyvind"), "lodz oyvind"),
        (("STRASSE",), "strasse"),
        (("Straße",), "strasse"),
        (("ﬁsher",), "fisher"),
        (("  Van   der\tBerg ", ""), "van der berg"),
        (("山田", "太郎"), "山田 太郎"),
        (("ガ",), "ガ"),
        (("St. Mary's (District #4)",), "st marys district 4"),
        (("—", None), ""),
    ],
)
def test_name_key_folds_case_accents_and_punctuation(parts, key):
    assert name_key(*parts) == key


def test_name_key_is_the_same_composed_and_decomposed():
    assert name_key("Zoe\u0308") == name_key("Zo\u00eb") == "zoe"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (" Alma.Pettibone@Example.ORG ", "alma.pettibone@example.org"),
        ("zoë@MÜNCHEN.example", "zoë@xn--mnchen-3ya.example"),
        ("zoë@xn--mnchen-3ya.example", "zoë@xn--mnchen-3ya.example"),
        ("\uff41lma@example.org", "alma@example.org"),
        ("no address", "no address"),
    ],
)
def test_email_key_folds_case_and_domain(address, key):
    assert email_key(address) == key


def test_email_key_keeps_addresses_of_two_people_apart():
    assert email_key("jörg@example.org") != email_key("jorg@example.org")
    assert email_key("straße@example.org") != email_key("strasse@example.org")
    assert email_key("a@faß.example") != email_key("a@fass.example")


@pytest.mark.parametrize("address", ["a@b.org", "a+b_c@x-y.example.org", "zoë@münchen.example", "o'neil@example.org"])
def test_is_email_takes_addresses(address):
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b", "a b@c.org", "a@c..org", ".a@b.org", "a.@b.org", "a..b@c.org", "a@-b.org", "a@b_c.org", "a@b@c.org",
     "a@b.org\n", "a@" + "b" * 64 + ".org", "x" * 65 + "@b.org", "a@" + "b." * 130 + "org", "a\u202e@b.org", "<a@b.org>"],
)  # fmt: skip
def test_is_email_refuses_what_mail_servers_refuse(address):
    assert not is_email(address)
