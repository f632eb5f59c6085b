from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tandem.ids import uuid7
from tandem.plugin_api.dates import month_number
from tandem.tenancy.scope import Scope, reset_scope, set_scope
from tandem.web import formatting as say
from tandem.web.languages import language_names

TODAY = date(2027, 2, 9)


@pytest.fixture
def speak(app, look):
    def speak(language, function, *args, **options):
        look.language = language
        with app.test_request_context(base_url="http://green.localhost"):
            return function(*args, **options)

    return speak


@pytest.mark.parametrize(
    ("day", "options", "english", "french"),
    [
        (date(2027, 2, 9), {}, "today", "today"),
        (date(2027, 2, 10), {}, "tomorrow", "tomorrow"),
        (date(2027, 2, 8), {}, "yesterday", "yesterday"),
        (date(2027, 2, 9), {"counted": False}, "Tuesday, February 9", "mardi 9 février"),
        (date(2028, 3, 1), {}, "March 1, 2028", "1er mars 2028"),
        (date(2027, 6, 1), {"counted": False}, "Tuesday, June 1", "mardi 1er juin"),
        (date(2027, 2, 17), {"counted": False, "short": True}, "Wed, Feb 17", "mer. 17 févr."),
    ],
)
def test_a_day_is_said_in_the_language_of_the_page(speak, day, options, english, french):
    assert speak("en", say.say_day, day, TODAY, **options) == english
    if french != english:
        assert speak("fr", say.say_day, day, TODAY, **options) == french


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2027, 2, 17), "Wednesday, February 17, in 8 days"),
        (date(2027, 2, 1), "Monday, February 1, 8 days ago"),
        (date(2027, 4, 10), "Saturday, April 10, in 60 days"),
        (date(2027, 4, 11), "Sunday, April 11"),
        (date(2026, 12, 31), "Thursday, December 31, 2026, 40 days ago"),
    ],
)
def test_a_near_day_is_said_with_its_distance(speak, day, said):
    assert speak("en", say.say_day, day, TODAY) == said


def test_the_program_clock_says_what_today_is(speak):
    assert speak("en", say.say_day, date(2027, 2, 10)) == "tomorrow"
    assert speak("en", say.days_until, date(2027, 2, 17)) == 8


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (1825, "5 years"),
        (365, "1 year"),
        (180, "6 months"),
        (30, "1 month"),
        (45, "45 days"),
        (1, "1 day"),
        (0, "0 days"),
    ],
)
def test_a_long_time_is_said_in_years_and_months(speak, days, said):
    assert speak("en", say.say_length, days) == said


def test_a_date_of_a_record_has_its_year(speak):
    assert speak("en", say.say_date, date(2027, 2, 10)) == "February 10, 2027"
    assert speak("en", say.say_date, "2019-07-01") == "July 1, 2019"
    assert speak("fr", say.say_date, "2019-07-01") == "1er juillet 2019"


@pytest.mark.parametrize(
    ("days", "said"), [(0, "today"), (1, "in 1 day"), (8, "in 8 days"), (-1, "1 day ago"), (-3, "3 days ago")]
)
def test_a_distance_counts_its_days(speak, days, said):
    assert speak("en", say.say_distance, days) == said


@pytest.mark.parametrize(
    ("minutes", "brief", "long"),
    [
        (0, "0 min", "0 minutes"), (1, "1 min", "1 minute"), (45, "45 min", "45 minutes"), (60, "1 h", "1 hour"),
        (90, "1 h\N{NO-BREAK SPACE}30 min", "1 h\N{NO-BREAK SPACE}30 min"), (2400, "40 h", "40 hours"),
        (-90, "−1 h\N{NO-BREAK SPACE}30 min", "−1 h\N{NO-BREAK SPACE}30 min"),
    ],
)  # fmt: skip
def test_a_duration_is_said_in_hours_and_minutes(speak, minutes, brief, long):
    assert speak("en", say.say_duration, minutes) == brief
    assert speak("en", say.say_hours, minutes) == long


def test_a_moment_is_said_in_the_associations_time_zone(speak):
    moment = datetime(2027, 2, 9, 23, 30, tzinfo=UTC)

    assert speak("en", say.say_moment, moment) == "tomorrow, 12:30\N{NO-BREAK SPACE}AM"
    assert speak("en", say.say_moment, moment, zone="America/New_York") == "today, 6:30\N{NO-BREAK SPACE}PM"
    assert (
        speak("en", say.say_moment, datetime(2027, 3, 3, 10, 2, tzinfo=UTC))
        == "Wednesday, March 3, 11:02\N{NO-BREAK SPACE}AM"
    )
    assert speak("fr", say.say_moment, datetime(2027, 3, 3, 10, 2, tzinfo=UTC)) == "mercredi 3 mars, 11:02"


def test_a_span_names_the_year_where_it_is_another(speak):
    assert speak("en", say.say_span, date(2027, 1, 18), date(2027, 1, 31)) == "January 18 – January 31"
    assert speak("fr", say.say_span, date(2027, 7, 1), date(2028, 1, 31)) == "1er juillet – 31 janvier 2028"


def test_numbers_have_the_separators_of_the_language(speak):
    assert speak("en", say.say_number, 15842) == "15,842"
    assert speak("fr", say.say_number, 15842.5) == "15\N{NARROW NO-BREAK SPACE}842,5"
    assert speak("en", say.say_percent, 0.55) == "55%"


def test_words_are_joined_as_the_language_joins_them(speak):
    words = ["budgeting", "payroll", "purchasing"]

    assert speak("en", say.say_list, words) == "budgeting, payroll and purchasing"
    assert speak("fr", say.say_list, words) == "budgeting, payroll et purchasing"
    assert speak("en", say.say_list, ["one"]) == "one"
    assert speak("en", say.say_list, []) == ""


def test_what_has_commas_of_its_own_is_parted_by_semicolons(speak):
    moments = ["Wednesday, May 5, 4:30 PM", "Thursday, May 6, 9:00 AM", "Friday, May 7, 9:00 AM"]
    assert speak("en", say.say_series, moments) == "; ".join(moments)
    assert speak("en", say.say_series, moments[:1]) == moments[0]
    assert speak("en", say.say_series, []) == ""


def test_a_calendar_leaf_has_three_lines(speak):
    assert speak("en", say.day_leaf, date(2027, 2, 11)) == ("Thu", "11", "Feb")
    assert speak("fr", say.day_leaf, date(2027, 2, 11)) == ("jeu", "11", "févr")


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "2 10 2027"),
        ("en_US", "2 10 2027"),
        ("en_CA", "2 10 2027"),
        ("en_GB", "10 2 2027"),
        ("fr", "10 2 2027"),
        ("hu", "2027 2 10"),
    ],
)
def test_a_date_is_asked_for_in_the_order_of_the_associations_language_and_country(speak, language, typed):
    token = set_scope(Scope(uuid7(), "green", "Green", "green.localhost", language, "UTC", timedelta()))
    try:
        # Whatever language the page is in: the two fields of one association never change places.
        assert [speak(page, say.say_as_typed, date(2027, 2, 10)) for page in ("en", "fr")] == [typed, typed]
    finally:
        reset_scope(token)


@pytest.mark.parametrize(
    ("language", "english", "letter", "french"),
    [
        ("en", "March 3, 2027", "Wednesday, March 3, 2027", "3 mars 2027"),
        ("en_US", "March 3, 2027", "Wednesday, March 3, 2027", "3 mars 2027"),
        ("en_GB", "3 March 2027", "Wednesday 3 March 2027", "3 mars 2027"),
        ("fr", "3 March 2027", "Wednesday 3 March 2027", "3 mars 2027"),
    ],
)
def test_a_date_reads_in_the_order_in_which_the_association_types_it(speak, language, english, letter, french):
    token = set_scope(Scope(uuid7(), "green", "Green", "green.localhost", language, "UTC", timedelta()))
    try:
        assert speak("en", say.say_date, date(2027, 3, 3)) == english
        assert speak("en", say.say_full_day, date(2027, 3, 3)) == letter
        assert speak("fr", say.say_date, date(2027, 3, 3)) == french
    finally:
        reset_scope(token)


@pytest.mark.parametrize(
    ("language", "english", "french"),
    [
        ("en", "4:05\N{NO-BREAK SPACE}PM", "16:05"),
        ("en_US", "4:05\N{NO-BREAK SPACE}PM", "16:05"),
        ("en_GB", "16:05", "16:05"),
        ("fr", "16:05", "16:05"),
        ("hu", "16:05", "16:05"),
    ],
)
def test_a_time_is_said_as_the_associations_language_and_country_have_it(speak, language, english, french):
    token = set_scope(Scope(uuid7(), "green", "Green", "green.localhost", language, "UTC", timedelta()))
    moment = datetime(2027, 3, 3, 16, 5, tzinfo=UTC)
    try:
        assert speak("en", say.say_time, moment, zone="UTC") == english
        assert speak("fr", say.say_time, moment, zone="UTC") == french
    finally:
        reset_scope(token)


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en", "Enter a date with month, day and year, for example 2 10 2027."),
        ("en_GB", "Enter a date with day, month and year, for example 10 2 2027."),
        ("hu", "Enter a date with year, month and day, for example 2027 2 10."),
    ],
)
def test_a_date_that_cannot_be_read_is_asked_for_in_the_order_of_its_fields(speak, language, asked):
    token = set_scope(Scope(uuid7(), "green", "Green", "green.localhost", language, "UTC", timedelta()))
    try:
        assert speak("en", say.ask_for_date, date(2027, 2, 10)) == asked
    finally:
        reset_scope(token)


def test_a_language_with_a_country_names_itself():
    assert language_names(["en_GB", "fr-CA"]) == [("en_GB", "English (United Kingdom)"), ("fr-CA", "Français (Canada)")]


@pytest.mark.parametrize(
    ("typed", "english", "french"),
    [
        ("2", 2, 2), (" 02 ", 2, 2), ("Feb", 2, 2), ("FEBRUARY", 2, 2), ("feb.", 2, 2), ("Sept", 9, 9), ("August", 8, 8),
        ("février", None, 2), ("fevr.", None, 2), ("août", None, 8), ("juil.", None, 7), ("jui", None, None), ("", None, None),
        ("13", None, None), ("0", None, None), ("½", None, None), ("ma", None, None), ("Feb 2", None, None),
    ],
)  # fmt: skip
def test_a_month_is_taken_as_a_number_or_by_its_name(speak, typed, english, french):
    assert speak("en", month_number, typed) == english
    assert speak("fr", month_number, typed) == french
