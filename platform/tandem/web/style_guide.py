"""Sample content for the style guide: invented people, no association's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from tandem.web.context import NavItem


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of the style guide."""

    template: str
    values: Mapping[str, Any]


TODAY = date(2027, 2, 9)
_NAV = [
    ("components", "Parts", "puzzle"), ("form", "Form", "list-check"), ("home", "Home", "home"),
    ("mentorship", "Pair", "users"), ("program", "Program", "book"), ("staff", "Staff", "inbox"),
    ("review", "Review", "file-check"), ("matching", "Matching", "arrows-join"), ("plain", "Plain", "login-2"),
]  # fmt: skip


def sample_page(name: str) -> Sample | None:
    """The template and values of one page, ``None`` where there is no such page."""
    make = _PAGES.get(name)
    if make is None:
        return None
    nav = [NavItem(label, f"/style-guide/{page}", icon) for page, label, icon in _NAV]
    return Sample(f"style_guide/{name}.html", {"today": TODAY, "nav": nav, **make()})


def _form() -> dict[str, Any]:
    return {
        "errors": [
            {"href": "#years-payroll", "text": "Enter how many years you have worked in payroll and benefits"},
            {"href": "#no-consulting", "text": "Tick the box if you agree not to promote consulting services"},
        ],
        "sections": [
            {"title": "About you", "url": "#", "state": "done", "note": "Complete"},
            {"title": "Membership", "url": "#", "state": "done", "note": "Complete, from your record"},
            {"title": "Your experience", "url": "#", "state": "error", "current": True, "note": "2 answers to fix"},
            {"title": "Availability", "url": "#", "state": "open", "note": "Not started, about 4 minutes"},
            {"title": "Check and send", "url": None, "state": "open", "note": "By Friday 5 March"},
        ],
        "disciplines": [
            {"value": value, "label": label}
            for value, label in (
                ("accounting", "Accounting"), ("budgeting", "Budgeting"), ("facilities", "Facilities and maintenance"),
                ("food", "Food services"), ("people", "Human resources"), ("technology", "Information technology"),
                ("payroll", "Payroll and benefits"), ("purchasing", "Purchasing and contracts"), ("risk", "Risk management"),
                ("safety", "Safety and security"), ("transport", "Transportation"),
            )
        ],
    }  # fmt: skip


def _home() -> dict[str, Any]:
    return {
        "due": date(2027, 2, 17),
        "stages": [
            {"title": "Get to know each other", "when": "18 Jan – 31 Jan", "state": "done"},
            {"title": "Set your goals", "when": "Now, until 17 Feb", "state": "now"},
            {"title": "Work towards them", "when": "18 Feb – 11 June", "state": "later"},
            {"title": "Wind down and plan", "when": "12 June – 9 July", "state": "later"},
        ],
        "tasks": [
            {"title": "Send your goal sheet", "sub": "Together with Jonah; 2 of 3 goals agreed", "due_strong": "Wed 17 Feb",
             "due": "in 8 days", "url": "#", "tick_url": "#"},
            {"title": "Watch two storytimes at the branch", "sub": "From your meeting on 28 January", "due_strong": "Fri 19 Feb",
             "due": "in 10 days", "url": "#", "tick_url": "#"},
            {"title": "Read “Questions worth asking a mentor”", "sub": "Six minutes", "due": "Optional", "url": "#",
             "tick_url": "#"},
            {"title": "Accept the mentoring agreement", "sub": "Done by both on 20 January", "due": "Done", "done": True,
             "tick_url": "#"},
        ],
        "meeting_day": date(2027, 2, 11),
    }  # fmt: skip


def _mentorship() -> dict[str, Any]:
    return {
        "next_day": date(2027, 2, 11),
        "last_day": date(2027, 1, 28),
        "follow_ups": [
            {"text": "Jonah sends his storytime plan.", "when": "1 February", "done": True},
            {"text": "You watch two storytimes at the branch.", "when": "By Friday 19 February", "done": False},
        ],
    }


def _program() -> dict[str, Any]:
    return {
        "facts": [
            ("calendar-event", "Length", "12 months, April 2027 to March 2028"),
            ("users", "Format", "One to one; a mentor takes up to three mentees"),
            ("message-2", "Meetings", "At least monthly, about an hour, online or in person"),
            ("wallet", "Cost", "None: included in your membership"),
        ],
        "mentee_rules": [
            {"text": "You are an individual member, and your dues stay paid throughout the mentorship.",
             "note": "Checked again every month. If dues lapse you have 30 days before the mentorship pauses."},
            {"text": "You name one to three disciplines in which you want help."},
        ],
        "mentor_rules": [
            {"text": "You have been an individual member for three or more years."},
            {"text": "You have five or more years of experience within one discipline.",
             "note": "Years in different disciplines are not added together."},
            {"text": "If you are a Retiree member, you agree not to promote consulting services to the mentee.", "only_if": True},
        ],
        "steps": [
            {"title": "Apply", "when": "Until 5 March", "text": "The rules are checked while you fill in the form."},
            {"title": "Review", "when": "By 19 March", "text": "If not approved, you learn why and what to do next."},
            {"title": "Match", "when": "26 March", "text": "Pairs share at least one discipline, never an employer."},
            {"title": "Work", "when": "April to February", "text": "Meet monthly, follow up, look back in October."},
            {"title": "Close", "when": "March 2028", "text": "See how far you came and decide what comes next."},
        ],
        "questions": [
            {"question": "What if my match is not a good fit?",
             "answer": Markup("<p>Either of you can ask staff for another match at any point. Only staff see the request.</p>")},
            {"question": "Who reads my application?",
             "answer": Markup("<p>Three members of the committee and staff.</p>")},
        ],
    }  # fmt: skip


def _staff() -> dict[str, Any]:
    return {
        "crumbs": [("Programs", "#"), ("Open Stacks Mentoring", "#"), ("Spring 2027", None)],
        "queues": [
            {"icon": "message-off", "tone": "bad", "title": "Pairs that have not met yet", "url": "#", "count": 4,
             "text": "Matched 22 days ago; a first meeting is due within 14", "late": "8 days late"},
            {"icon": "refresh", "tone": "warn", "title": "Asked for another match", "url": "#", "count": 2,
             "text": "Oldest asked on Thursday; you promise an answer in five working days", "soon": "by Thu 11 Feb"},
            {"icon": "inbox", "tone": "", "title": "Applications to review", "url": "#", "count": 12,
             "text": "For autumn 2027; oldest has waited 6 days", "note": "by Fri 19 Feb"},
        ],
        "health": [
            {"label": "On track", "value": 68, "fill": "ok", "url": "#", "note": "met in the last 14 days"},
            {"label": "Quiet", "value": 11, "fill": "warn", "url": "#", "note": "not met for 15 days or more"},
            {"label": "Not started", "value": 4, "fill": "bad", "url": "#", "note": "no first meeting yet"},
            {"label": "Re-match", "value": 2, "fill": "info", "url": "#", "note": "asked for another partner"},
            {"label": "Paused", "value": 1, "fill": "quiet", "url": "#", "note": "dues lapsed"},
        ],
        "series": [
            {"name": "Spring 2027", "points": [(0, 0), (7, 7), (14, 24), (21, 50), (22, 55)], "end": "55 % today"},
            {"name": "Autumn 2026", "points": [(0, 0), (7, 5), (14, 16), (21, 34), (28, 62), (35, 90)], "end": "90 %"},
        ],
        "chart_rows": [("7", "6 of 86", "4 of 79"), ("14", 21, 13), ("21", 43, 27), ("22, today", 47, 29), ("28", None, 49)],
        "timeline": [
            {"when": "Thu 11 Feb", "iso": "2027-02-11", "title": "Answer two re-match requests", "text": "Asked on 4 and 5 February"},
            {"when": "Mon 15 Feb", "iso": "2027-02-15", "title": "Reminder goes out", "text": "To pairs without a goal sheet"},
            {"when": "09:12", "iso": "2027-02-09T09:12", "text": "Theo Lindqvale approved an application"},
        ],
        "moment": datetime(2027, 2, 9, 9, 12),  # noqa: DTZ001 - shown as it stands
        "pairs": [
            ("Wren Ellery", "Tobias Quade", "Wren proposed two dates; no answer", "Reminded Tobias, Wed 3 Feb", "Call Tobias"),
            ("Alma Pettibone", "Ravi Solano", "First meeting was moved twice", "Ravi replied, Mon 8 Feb", "Wait until 12 Feb"),
        ],
    }  # fmt: skip


def _review() -> dict[str, Any]:
    return {
        "crumbs": [("Applications", "#"), ("First Years 2027", "#"), ("Rowan Ashgrove", None)],
        "verdicts": [
            {"id": "tenure", "state": "met", "sentence": "Individual member for three or more years.",
             "evidence": "7 years 8 months: Career from 1 July 2019, Retiree from 1 July 2025. Membership record."},
            {"id": "position", "state": "open",
             "sentence": "Holds a business official role now, or retired from one within the last five years.",
             "evidence": "Answer: director of finance, retired June 2025. Directory: no role on record.",
             "why": "The answer would meet the rule, but nothing on file confirms it.",
             "helps": "A letter or board minute, or a colleague on staff who knows it first-hand."},
            {"id": "confirm", "state": "not", "sentence": "Two current members confirm the experience.",
             "evidence": "One confirmation: Priya Sandoval, Thursday 4 March.",
             "why": "Lee Hartsong was asked on Wednesday 3 March and has not opened the request.",
             "helps": "Remind Lee, or Rowan names another current member."},
            {"id": "training", "state": "met", "waived": "Waived", "set_aside": True, "sentence": "Attends mentor training before the kick-off.",
             "evidence": "Waived by Theo on 4 March: gave the training last year."},
        ],
    }  # fmt: skip


def _matching() -> dict[str, Any]:
    def parts(disciplines: int, skills: int, region: int, request: int) -> list[dict[str, Any]]:
        return [
            {"label": "Disciplines", "points": disciplines, "of": 40, "text": "Lee covers both of Tomas’s needs"},
            {"label": "Skills", "points": skills, "of": 30, "text": "strong in 3 of 5 wished-for skills"},
            {"label": "Region", "points": region, "of": 20, "text": "both Valley, 14 km"},
            {"label": "Request", "points": request, "of": 10, "text": "none made"},
        ]

    return {
        "crumbs": [("Matching", "#"), ("First Years 2027", "#"), ("Run 4", None)],
        "figures": [
            {"term": "Mentees matched", "value": 203, "note": "of 214"}, {"term": "Places used", "value": 203, "note": "of 236"},
            {"term": "Average fit", "value": 78, "note": "lowest 51"}, {"term": "Since run 3", "value": 7, "note": "pairs changed"},
        ],
        "pairs": [
            ("Nadia Ferncastle", "Fictional USD, Northern", "Rowan Ashgrove", "Retired, Northern", (1, 2), 97, parts(40, 27, 20, 10),
             "Purchasing and contracts", True),
            ("Tomas Redfield", "Sample Creek, Valley", "Lee Hartsong", "Lorem County, Valley", (1, 2), 78, parts(40, 18, 20, 0),
             "Payroll and benefits, accounting", False),
        ],
        "weights": [{"label": "Disciplines", "weight": 40}, {"label": "Skills", "weight": 30}, {"label": "Region", "weight": 20},
                    {"label": "Request", "weight": 10}],
        "spread": [
            {"label": label, "value": value, "url": "#", "fill": fill}
            for label, value, fill in (
                ("50", 2, 3), ("55", 5, 3), ("60", 11, 1), ("65", 21, 1), ("70", 34, 1), ("75", 41, 1), ("80", 38, 1), ("85", 27, 1),
                ("90", 17, 1), ("95", 7, 1),
            )
        ],
    }  # fmt: skip


_PAGES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "components": dict,
    "form": _form,
    "home": _home,
    "mentorship": _mentorship,
    "program": _program,
    "staff": _staff,
    "review": _review,
    "matching": _matching,
    "plain": dict,
}
