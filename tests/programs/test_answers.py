"""What a program's public page answers: from its settings, with the association's own words around it."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from babel.dates import format_date

from tests.app_fixtures import client_at
from tests.loop.cohorts import CLOTH, ENDS, STARTS, begin_day, set_cohorts
from tests.loop.stage import set_stage
from tests.pages import text_of


def answers_of(stage, program="member-to-member"):
    """Each question of the public page with its answer, as a visitor reads them, in order."""
    page = client_at(stage.app, stage.scope.hostname).get(f"/programs/{program}").get_data(as_text=True)
    shown = page[page.index('id="questions"') :]
    return {plain(question): plain(answer) for question, answer in re.findall(
        r"<summary>(.*?)</summary>(.*?)</details>", shown, flags=re.DOTALL
    )}  # fmt: skip


def plain(markup):
    return re.sub(r"[ \n]+", " ", html.unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", markup, flags=re.DOTALL))).strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("answers")


def test_a_rolling_program_by_hours_answers_from_its_settings(app, mail, folder):
    answers = answers_of(set_stage(app, "casbo", folder))

    assert list(answers) == [
        "What is Member-to-Member Mentorship?",
        "What happens after I apply?",
        "How is a match made?",
        "With how many people would I work?",
        "How much time does it take?",
        "How long does my application count?",
        "Can I take a break?",
        "What if we lose touch?",
        "What if we do not get on?",
        "How does it end?",
    ]
    assert answers["What happens after I apply?"] == (
        "Your application is read by the PSLC mentorship subcommittee. You can expect an answer within 14 days. "
        "You get an e-mail when it is approved. You get another when you are matched. "
        "If it is not approved, the e-mail says why, and what you can do next. "
        "Until a reviewer has begun you can still change what you sent. "
        "PSLC is our Professional Standards and Leadership Committee; those who read your application are members of it."
    )
    assert answers["With how many people would I work?"] == (
        "As mentee you have one partner for each application. As mentor you say how many at once, up to 6."
    )
    assert answers["How much time does it take?"] == (
        "As much as the need asks: from 5 minutes to 40 hours. "
        "You note your hours and see how many are left; nothing ends when the last one is used."
    )
    assert answers["How long does my application count?"] == (
        "As mentee: until you are matched. "
        "Then you can apply again at once, for something new or for more help with the same. "
        "As mentor: match after match, until you ask to be taken off."
    )
    assert answers["Can I take a break?"].startswith(
        "As mentor, yes: on your home page you rest until a day that you choose,"
    )
    assert answers["What if we lose touch?"].startswith("After 45 days without a meeting or any other sign,")
    assert answers["What if we do not get on?"] == (
        "Each of you can ask staff for another match, at any point. Only staff see that you asked."
    )
    assert answers["How does it end?"] == (
        "As mentee you say when it has ended; that closes it. "
        "Afterwards you are offered, as mentee: “Evaluate your mentor”. "
        "Afterwards you are offered, as mentor: “Comment on your mentee” and “Rate your experience with the program”."
    )


def other_settings(program):
    program["length"] = {"kind": "months", "months": 12}
    del program["roles"]["mentor"]["on_file"]
    del program["roles"]["mentor"]["places"]["field"]
    program["review"] |= {"quorum": 2, "answer_within": "1d", "change_until": "never"}
    program["matching"] |= {"acceptance": {"by": "mentor", "within": "5d"}, "waiting_first": "60d"}
    program["mentorship"] |= {"apply_again": False, "ending": {"told_by": ["mentee", "mentor"]}, "evaluations": []}
    program["mentorship"]["reassignment"] = {"asked_by": ["mentee"]}
    del program["mentorship"]["silence"]
    program["notices"] = [{"id": name, "send": False} for name in ("application-approved", "application-declined")]


def test_with_other_settings_it_answers_otherwise(app, mail, folder):
    answers = answers_of(set_stage(app, "casbo", folder, programs__member_to_member=other_settings))

    assert {"Can I take a break?", "What if we lose touch?"} & set(answers) == set()
    assert answers["What happens after I apply?"] == (
        "Your application is read by the PSLC mentorship subcommittee. 2 reviewers vote on it. "
        "You can expect an answer within 1 day. You get another when you are matched. "
        "PSLC is our Professional Standards and Leadership Committee; those who read your application are members of it."
    )
    assert answers["How is a match made?"] == (
        "Staff look at each match and confirm it before anybody hears of it. "
        "Where you are asked first, as mentor, you have 5 days to accept or decline. "
        "Whoever has waited for 60 days comes before others."
    )
    assert answers["With how many people would I work?"].endswith("As mentor you have up to 2 at once.")
    assert answers["How much time does it take?"] == "It lasts 12 months."
    assert answers["How long does my application count?"] == (
        "As mentee: until you are matched. As mentor: until all your places are taken."
    )
    assert answers["What if we do not get on?"] == (
        "As mentee you can ask staff for another match, at any point. Only staff see that you asked."
    )
    assert answers["How does it end?"] == (
        "It ends by itself after its last day. Each of you can say at any time that it has ended; that closes it."
    )


def own_words(program):
    program["pages"]["questions"] = [
        {"id": "not-a-fit", "question": "And if it does not work?", "answer": "It **happens**."},
        {"id": "parking", "question": "Where can I park?", "answer": "Behind the <script>house</script>."},
    ]


def nobody_asks(program):
    own_words(program)
    program["mentorship"]["reassignment"]["asked_by"] = []


def test_own_words_stand_after_what_is_enforced_and_go_with_it(app, mail, folder):
    answers = answers_of(set_stage(app, "casbo", folder, programs__member_to_member=own_words))
    assert next(iter(answers)) == "Where can I park?"
    assert answers["Where can I park?"] == "Behind the <script>house</script>."
    assert answers["And if it does not work?"] == (
        "Each of you can ask staff for another match, at any point. Only staff see that you asked. It happens ."
    )

    without = answers_of(set_stage(app, "casbo", folder, programs__member_to_member=nobody_asks))
    assert set(answers) - set(without) == {"And if it does not work?"}


def test_a_shared_link_says_what_the_page_is_about(app, mail, folder):
    stage = set_stage(app, "casbo", folder)
    page = (
        client_at(stage.app, stage.scope.hostname).get("/programs/member-to-member?from=letter").get_data(as_text=True)
    )

    address = f"http://{stage.scope.hostname}/programs/member-to-member"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f'data-copy="{address}"' in page
    assert f'data-refused="Your browser does not allow it. Copy the address from here: {address}"' in page
    assert '<meta property="og:title" content="Member-to-Member Mentorship">' in page
    assert re.search(
        r'og:description" content="Ask for a mentor when a task is new to you,[^"]+done it before\.">', page
    )
    assert "mailto:?subject=Member-to-Member%20Mentorship&amp;body=Ask%20for%20a%20mentor" in page


def test_a_program_of_cohorts_answers_with_their_dates(app, mail, folder):
    stage = set_cohorts(app, folder)
    with stage.open():
        starts, ends = begin_day(0), begin_day(0) + timedelta(days=ENDS - STARTS)
        first, last = (format_date(day, format="long", locale="fr") for day in (starts, ends))
    page = text_of(client_at(stage.app, stage.scope.hostname).get(f"/programs/{CLOTH}"))
    answers = answers_of(stage, CLOTH)

    assert f"Durée Du {first} au {last}" in page
    assert answers["Combien de temps cela prend-il\N{NARROW NO-BREAK SPACE}?"] == f"Cela dure du {first} au {last}."
    assert answers["Comment cela se termine-t-il\N{NARROW NO-BREAK SPACE}?"] == (
        "La fin vient d’elle-même après le dernier jour. "
        "Chaque personne peut dire à tout moment que c’est terminé, ce qui y met fin. "
        "Ensuite, on propose à chaque personne\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}Votre bilan\N{NO-BREAK SPACE}»."
    )
