"""Every address that names an object, asked with another association's object and with one that nobody has.

Both are answered alike, byte for byte. The control takes row security away: then the probes must find what they look for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tandem import app as app_module
from tandem.access.table import ACCESS, HostKind
from tandem.app import create_app
from tandem.extensions import db
from tests.app_fixtures import IsolatedClient, client_at, settings_for
from tests.loop.stage import set_stage
from tests.pages import SESSION_COOKIE, post
from tests.tenancy.populated import Populated, populate

MISSING = "01890000-0000-7000-8000-000000000000"

#: Names that mean different things in different places: where the address has this part, the name is that object.
_SPECIAL = {
    ("/home/pool/", "entry_id"): "pool_entry_id",
    ("/staff/pools/", "entry_id"): "pool_entry_id",
    ("/by-hand/", "entry_id"): "pool_entry_id",
    ("/journal/", "entry_id"): "journal_entry_id",
    ("/staff/applications/", "application_id"): "sent_application_id",
    ("/staff/members/import/", "run_id"): "import_id",
    ("/my-data/correction/", "request_id"): "correction_id",
    ("/staff/members/corrections/", "request_id"): "correction_id",
    ("/staff/members/behalf/", "application_id"): "behalf_application_id",
    ("/staff/members/behalf/", "entry_id"): "behalf_entry_id",
    ("/memberships/", "part_id"): "membership_id",
    ("/positions/", "part_id"): "position_id",
    ("/experience/", "part_id"): "experience_id",
    ("/employers/", "part_id"): "employer_id",
    ("/staff/applications/", "file_id"): "sent_file_id",
}
#: Parts of addresses that name no row: what stands there is valid.
_WORDS = {
    "key": "of-the-mentor",
    "role": "mentee",
    "number": "1",
    "template_id": "application-received",
    "section_id": "{section_id}",
    "rule_id": "{rule_id}",
}
#: Addresses whose variable part is no association's object.
_OTHERWISE = {
    "mailbox.file", "mailbox.mail", "mailbox.show", "operator.answer_again", "operator.show", "operator.suspend", "sign_in.link",
    "sign_in.link_page", "static", "web.brand", "web.style_guide",
}  # fmt: skip


def object_rules(app: Flask) -> list[Rule]:
    """Every route whose address names an association's object."""
    return sorted(
        (rule for rule in app.url_map.iter_rules() if rule.arguments and rule.endpoint not in _OTHERWISE),
        key=str,
    )


def object_named(rule: Rule, name: str) -> str | None:
    """Which kind of object ``name`` is in this route, ``None`` for a word."""
    if name in _WORDS:
        return None
    for (part, special), kind in _SPECIAL.items():
        if part in str(rule) and special == name:
            return kind
    return name


def own_value(here: Populated, rule: Rule, name: str) -> str:
    """What stands for ``name`` when one's own object is asked for."""
    return _WORDS[name].format(**here.ids) if name in _WORDS else here.ids[object_named(rule, name) or ""]


def probes(app: Flask, here: Populated, there: Populated) -> Iterator[tuple[Rule, str, str, str]]:
    """For each object in each route: the route, the object's name, and the addresses with a foreign and with a missing one.

    The other objects in the address are one's own, so that nothing else can be why it is refused.
    """
    adapter = app.url_map.bind(here.browser.hostname)
    for rule in object_rules(app):
        own = {name: own_value(here, rule, name) for name in rule.arguments}
        for name in sorted(rule.arguments - set(_WORDS)):
            kind = object_named(rule, name)
            assert kind in there.ids, f"{rule} names {name}: add one to tests/tenancy/populated.py"
            foreign = there.ids[kind] if kind != "slug" else "not-" + there.ids[kind]
            addresses = [
                adapter.build(
                    rule.endpoint, {key: _value(rule, key, value) for key, value in (own | {name: other}).items()}
                )
                for other in (foreign, MISSING if kind != "slug" else "nothing")
            ]
            yield rule, name, addresses[0], addresses[1]


def _value(rule: Rule, name: str, value: str) -> UUID | str:
    return UUID(value) if f"<uuid:{name}>" in str(rule.rule) else value


def ask(browser: IsolatedClient, rule: Rule, address: str, method: str) -> TestResponse:
    """The answer to one probe."""
    return browser.get(address) if method == "GET" else post(browser, address, _FORMS.get(rule.endpoint))


#: Forms that say something sensible, so that it is the object that is refused.
_FORMS = {
    "accounts.give_role": {"role": "reviewer", "scope": "association"},
    "staff_applications.decision": {"outcome": "approved"},
    "staff_applications.note": {"body": "A note"},
    "staff_applications.vote": {"choice": "approve"},
    "staff_committee.assign": {"reviewer": MISSING},
    "staff_committee.unassign": {"reviewer": MISSING},
    "member_notes.add": {"note": "A note"},
    "member_notes.change": {"do": "remove"},
    "staff_corrections.show": {"outcome": "accepted"},
    "behalf.begin": {"behalf_reason": "They called."},
    "goals.add": {"body": "A goal"},
    "goals.change": {"body": "A goal", "state": "open"},
    "goals.agree": {"body": "Read the plan"},
    "messages.write": {"body": "A message"},
    "mentorships.journal_write": {"body": "A note", "visibility": "self"},
    "mentorships.journal_change": {"body": "A note", "visibility": "self"},
}


def said(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that tells one answer from another."""
    return response.status_code, response.get_data(), sorted(pair for pair in response.headers if pair[0] != "Date")


@pytest.fixture(autouse=True)
def faults_are_answers(app, monkeypatch):
    """A fault is seen as the 500 that people would see, so that one page's fault doesn't hide the others'."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)


@pytest.fixture(scope="module")
def pair(app, tmp_path_factory) -> tuple[Populated, Populated]:
    """Two associations with the same program and one object of every kind each."""
    folder = tmp_path_factory.mktemp("pair")
    return populate(set_stage(app, "casbo", folder)), populate(set_stage(app, "casbo", folder))


def test_foreign_and_missing_objects_are_answered_alike(app, pair, counted):
    here, there = pair

    different = []
    count = 0
    for rule, name, foreign, missing in probes(app, here, there):
        for method in sorted(rule.methods & {"GET", "POST"}):
            count += 1
            one, other = ask(here.browser, rule, foreign, method), ask(here.browser, rule, missing, method)
            if one.status_code != 404 or said(one) != said(other):
                different.append((method, str(rule), name, one.status_code, other.status_code))

    counted(
        f"{count} addresses with another association's object and with a missing one, {len(different)} answered apart"
    )
    assert different == []
    assert count >= len(object_rules(app))


def test_ones_own_objects_are_there(app, pair):
    """Without this the test above could pass because nothing is ever found."""
    here, _there = pair
    adapter = app.url_map.bind(here.browser.hostname)

    answers = {}
    for rule in object_rules(app):
        if "GET" in rule.methods:
            values = {name: own_value(here, rule, name) for name in rule.arguments}
            address = adapter.build(rule.endpoint, {name: _value(rule, name, value) for name, value in values.items()})
            answers[str(rule)] = here.browser.get(address).status_code

    assert {rule: status for rule, status in answers.items() if status not in {200, 303}} == {}
    assert len(answers) >= 12


def test_no_page_shows_anything_of_the_other_association(app, pair):
    here, there = pair
    pages = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in rule.methods and HostKind.ASSOCIATION in ACCESS[rule.endpoint].hosts
    ]

    leaking = {path: status for path in pages if there.canary in (answer := here.browser.get(path)).get_data(as_text=True)
               for status in [answer.status_code]}  # fmt: skip
    failing = {path: status for path in pages if (status := here.browser.get(path).status_code) >= 500}

    assert leaking == {}
    assert failing == {}
    assert len(pages) >= 15
    assert any(here.canary in here.browser.get(path).get_data(as_text=True) for path in pages)


@pytest.fixture
def unguarded(new_database, tmp_path, monkeypatch) -> Iterator[tuple[Flask, Populated, Populated]]:
    """Two associations on a database of their own, seen by a role that row security does not bind."""
    fresh = new_database()
    guarded = create_app(settings_for(fresh.app_url, tmp_path))
    guarded.test_client_class = IsolatedClient
    made = [populate(set_stage(guarded, "casbo", tmp_path)) for _n in range(2)]
    monkeypatch.setattr(app_module, "verify_role", lambda _connection: None)
    hole = create_app(settings_for(fresh.superuser_url, tmp_path))
    hole.test_client_class = IsolatedClient
    hole.config["PROPAGATE_EXCEPTIONS"] = False
    yield hole, *(replace(each, browser=_carried(each.browser, hole)) for each in made)
    for application in (guarded, hole):
        with application.app_context():
            db.engine.dispose()


def _carried(browser: IsolatedClient, app: Flask) -> IsolatedClient:
    """The same sign-in in a browser at another application on the same database."""
    other = client_at(app, browser.hostname)
    cookie = browser.get_cookie(SESSION_COOKIE, domain=browser.hostname)
    assert cookie is not None
    other.set_cookie(SESSION_COOKIE, cookie.value, domain=browser.hostname)
    return other


def test_without_row_security_the_probes_find_the_leaks(unguarded, counted):
    app, here, there = unguarded

    found = set()
    asked = set()
    for rule, name, foreign, missing in probes(app, here, there):
        # Objects that also name the one they belong to are refused for that; the others only by row security.
        if "GET" not in rule.methods or len(rule.arguments) > 1 or name == "slug":
            continue
        asked.add(str(rule))
        if said(ask(here.browser, rule, foreign, "GET")) != said(ask(here.browser, rule, missing, "GET")):
            found.add(str(rule))

    counted(f"control: {len(found)} of {len(asked)} addresses leak without row security")
    assert len(asked) >= 8
    assert len(found) >= len(asked) / 2, asked - found
