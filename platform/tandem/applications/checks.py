"""Checking an application's rules, and keeping what they said."""

from __future__ import annotations

from sqlalchemy import delete

from tandem.applications.models import Application, VerdictRow, Waiver, WaiverKind
from tandem.clocks import program_now, program_today
from tandem.eligibility.serialise import verdict_to_json
from tandem.eligibility.services import CheckedRule, check_tree, facts_for_member
from tandem.extensions import db
from tandem.plugin_api.types import Truth


def rules_of(application: Application) -> dict[str, object]:
    """The eligibility tree of the application's role in its pinned revision."""
    tree: dict[str, object] = application.program_revision.resolved["roles"][application.role.value].get(
        "eligibility", {}
    )
    return tree


def check_now(application: Application) -> list[CheckedRule]:
    """What each rule says at this moment; writes nothing."""
    facts = facts_for_member(
        member_id=application.member_id, submission_id=application.submission_id, today=program_today()
    )
    return check_tree(rules_of(application), facts)


def keep_verdicts(application: Application) -> list[CheckedRule]:
    """Check all rules and replace the application's stored verdicts."""
    checked = check_now(application)
    db.session.execute(delete(VerdictRow).where(VerdictRow.application_id == application.id))
    now = program_now()
    db.session.add_all(
        VerdictRow(
            application_id=application.id,
            rule_id=rule.id,
            position=position,
            truth=rule.verdict.truth.value,
            verdict=verdict_to_json(rule.verdict),
            checked_at=now,
        )
        for position, rule in enumerate(checked)
    )
    db.session.flush()
    return checked


def open_rules(verdicts: list[VerdictRow], waivers: dict[str, Waiver]) -> list[VerdictRow]:
    """The verdicts that still stand in the way of an approval: not met and not waived, or unknown and not accepted."""
    return [
        row
        for row in verdicts
        if row.truth != Truth.MET.value
        and not (
            row.rule_id in waivers
            and waivers[row.rule_id].kind
            is (WaiverKind.WAIVED if row.truth == Truth.NOT_MET.value else WaiverKind.ACCEPTED)
        )
    ]
