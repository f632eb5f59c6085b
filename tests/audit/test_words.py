"""What the code writes into the trail has words for those who read it."""

from __future__ import annotations

import ast
from pathlib import Path

from tandem.applications.models import FileAbout
from tandem.audit.words import ACTIONS, FIELDS, KINDS, field_words, value_words
from tandem.directory.models import RowOutcome
from tandem.directory.services import members, memberships, positions
from tandem.notices.templates_registry import CHOSEN
from tandem.privacy.retention import KINDS as ERASED
from tests.factories import a_grant, an_account
from tests.pages import signed_in_client, text_of

ROOT = Path(__file__).parents[2]

#: Where the code does not write the fields' names themselves: the expression → what it can be.
COMPUTED = {
    "period.kind": set(ERASED),
    "topic.value": {topic.value for topic in CHOSEN},
    "one.about.value": {about.value for about in FileAbout},
    "name": {outcome.value for outcome in RowOutcome},
}

#: What comes out of tuples of columns and is passed on.
COLUMNS = {*members.FIELDS, *memberships.FIELDS, *positions.POSITION_FIELDS, "employer", "discipline", "years"}

WRITERS = {"record", "_record", "changes_between", "write_part"}


def written(source):
    """The names of fields that calls in ``source`` write, and the expressions of those that they compute."""
    fields, computed = set(), set()
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in WRITERS:
            continue
        whole = call.func.id in {"changes_between", "write_part"}
        given = [*call.args, *(word.value for word in call.keywords if whole or word.arg == "changes")]
        for mapping in [each for value in given for each in ast.walk(value)]:
            if isinstance(mapping, ast.Dict):
                fields |= {key.value for key in mapping.keys if isinstance(key, ast.Constant)}
                computed |= {ast.unparse(key) for key in mapping.keys if key and not isinstance(key, ast.Constant)}
            elif isinstance(mapping, ast.DictComp):
                computed.add(ast.unparse(mapping.key))
    return fields, computed


def named(source, argument):
    """The texts that calls of ``record`` in ``source`` give for ``argument``."""
    return {
        word.value.value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in WRITERS
        for word in call.keywords
        if word.arg == argument and isinstance(word.value, ast.Constant)
    }


def sources():
    places = [*(ROOT / "platform/tandem").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    return [path.read_text() for path in places if "/cli/skeleton/" not in str(path)]


def test_every_field_that_the_code_writes_has_a_word():
    found = [written(source) for source in sources()]
    fields = set().union(*(each[0] for each in found))
    computed = set().union(*(each[1] for each in found))

    assert {"minutes", "mails", "points", "waived"} <= fields
    assert computed - {"key"} == set(COMPUTED)
    assert (fields | COLUMNS | set().union(*COMPUTED.values())) - set(FIELDS) == set()


def test_a_field_without_a_word_is_found():
    fields, computed = written('record(actor=a, changes={"shoe_size": [1, 2], f(x): [1, 2], **{n: 1 for n in y}})')

    assert (fields - set(FIELDS), computed) == ({"shoe_size"}, {"f(x)", "n"})


def test_every_action_and_kind_that_the_code_writes_has_a_word():
    assert set().union(*(named(source, "action") for source in sources())) - set(ACTIONS) == set()
    assert set().union(*(named(source, "object_kind") for source in sources())) - set(KINDS) == set()


def test_an_unknown_field_of_an_old_entry_is_readable(app):
    with app.test_request_context():
        assert field_words("shoe_size") == "shoe size"


def test_values_are_said_in_words(app, association):
    with app.test_request_context(base_url=f"http://{association.hostname}"):
        said = [
            value_words(field, value)
            for field, value in [
                ("paid_through", "2027-06-30"), ("paid_through", "soon"), ("acting", True), ("reminders", "daily"),
                ("waived", ["years", "near"]), ("waived", []), ("title", "open"), ("state", "open"), ("phone", None),
            ]
        ]  # fmt: skip

    assert said == ["June 30, 2027", "soon", "yes", "once a day", "years and near", "", "open", "open", ""]


def test_the_page_says_a_payment_in_words(app, association):
    from tandem.audit.services import record
    from tandem.extensions import db
    from tandem.ids import uuid7
    from tests.factories import staff_actor

    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    record(
        actor=staff_actor(), action="member.payment-recorded", object_kind="member", object_id=uuid7(),
        changes={"paid_through": ["2026-06-30", "2027-06-30"]},
    )  # fmt: skip
    db.session.commit()

    page = text_of(signed_in_client(app, association, account).get("/staff/audit"))

    assert "paid through June 30, 2026 → June 30, 2027" in page
