"""The members of the season: fifteen hundred plainly fictional people, brought in from one file as an association would."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.applications.models import Application
from tandem.demo.names import Cast, Places
from tandem.demo.people import Somebody
from tandem.directory.models import Member, Membership, MemberState
from tandem.directory.services.imports import import_members_from
from tandem.extensions import db

PLACES = Places(
    given=(
        "Ada",
        "Amara",
        "Benoni",
        "Briar",
        "Calla",
        "Dara",
        "Edda",
        "Elwin",
        "Fenna",
        "Gideon",
        "Hollis",
        "Imani",
        "Iris",
        "Jonas",
        "Kaveh",
        "Keziah",
        "Lark",
        "Leona",
        "Mabry",
        "Marlo",
        "Nadir",
        "Noor",
        "Odessa",
        "Orin",
        "Pilar",
        "Quill",
        "Ravi",
        "Rosalind",
        "Sage",
        "Soren",
        "Tamsin",
        "Tobin",
        "Uma",
        "Vesper",
        "Wendel",
        "Wren",
        "Yara",
        "Zora",
    ),
    first=(
        "Ash",
        "Bright",
        "Cedar",
        "Dun",
        "Elder",
        "Fern",
        "Gold",
        "Hart",
        "Iron",
        "Juniper",
        "Kings",
        "Lind",
        "Moss",
        "North",
        "Oak",
        "Pine",
        "Quarry",
        "River",
        "Stone",
        "Thistle",
        "Under",
        "Vale",
        "Willow",
    ),
    second=(
        "brook",
        "bury",
        "croft",
        "field",
        "ford",
        "grove",
        "ley",
        "mere",
        "ridge",
        "song",
        "stead",
        "water",
        "well",
        "wick",
        "wood",
    ),
    employers=(
        ("Sample Creek Unified", "north"),
        ("Fallow Hills Elementary", "north"),
        ("Larkmeadow Unified", "sacramento-valley"),
        ("Two Rivers Joint Union", "sacramento-valley"),
        ("Saltmarsh Unified", "bay-area"),
        ("Fogharbor City Schools", "bay-area"),
        ("Almond Flats Elementary", "central-valley"),
        ("Cottonwood Plain Unified", "central-valley"),
        ("Seacliff Union High", "central-coast"),
        ("Palisade County Office", "los-angeles"),
        ("Brightwater Unified", "los-angeles"),
        ("Dry Lake Unified", "inland"),
        ("Mesa Verde Valley Union", "inland"),
        ("Coronet Bay Elementary", "south"),
    ),
)

DISCIPLINES = (
    "accounting",
    "payroll",
    "purchasing",
    "human-resources",
    "facilities",
    "child-nutrition",
    "transportation",
    "risk-management",
    "information-technology",
    "maintenance",
)
TITLES = ("chief-business-official", "director", "manager", "analyst", "technician")
#: The last day of dues: of nearly everybody, of those who lapse, and of those who lapse before they are matched.
DUES, SHORT, EARLY = date(2027, 6, 30), date(2027, 1, 31), date(2026, 10, 31)


@dataclass(frozen=True, slots=True)
class Size:
    """How many people the season has: everybody, and how many of them ask for a mentor and offer to be one."""

    members: int = 1500
    mentees: int = 350
    mentors: int = 250


#: The season as the demonstration plays it.
EVERYBODY = Size()


@dataclass(slots=True)
class Members:
    """Those who act, and the two records that are of one person."""

    mentees: list[Somebody]
    mentors: list[Somebody]
    twins: list[Somebody]

    @property
    def leaving(self) -> list[Somebody]:
        """Mentors who take part no longer once the season ends."""
        return self.mentors[-30:-24:2]


def bring_in(*, actor: Actor, cast: Cast, size: Size) -> Members:
    """Import everybody from a file made here, and return those who act; one person stands in it twice."""
    rows = [
        *(_mentee(cast, number) for number in range(size.mentees)),
        *(_mentor(cast, number) for number in range(size.mentors)),
        *(_other(cast) for _number in range(size.members - size.mentees - size.mentors - 2)),
    ]
    # Who changed their address and was written down as somebody new: once found and made one, once still to be found.
    rows += [_again(cast, row) for row in (rows[-1], rows[-2])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "members-2026.csv")
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
        run = import_members_from(actor=actor, path=path)
    if run.applied_at is None:
        raise RuntimeError(f"The demonstration's members cannot be imported: {run.report}")
    people = list(_people(rows))
    end = size.mentees + size.mentors
    return Members(people[: size.mentees], people[size.mentees : end], [people[-4], people[-1]])


def newcomer() -> UUID:
    """A member whose dues are paid and who never applied: the first of many by number."""
    return db.session.scalars(
        select(Member.id)
        .join(Membership, (Membership.association_id == Member.association_id) & (Membership.member_id == Member.id))
        .where(
            Member.state == MemberState.ACTIVE,
            Membership.type == "career-builder",
            Membership.paid_through == DUES,
            Member.id.not_in(select(Application.member_id)),
        )
        .order_by(Member.number)
        .limit(1)
    ).one()


def _people(rows: list[dict[str, str]]) -> Iterator[Somebody]:
    found = {member.number: member for member in db.session.scalars(select(Member))}
    memberships = dict(
        db.session.execute(select(Membership.member_id, Membership.id).order_by(Membership.valid_from)).all()
    )
    for row in rows:
        member = found[row["number"]]
        yield Somebody(
            member.id, member.name, row["membership type"], memberships[member.id], _years(row.get("experience", ""))
        )


def _years(cell: str) -> dict[str, int]:
    pairs = (piece.split(" = ") for piece in cell.split("; ") if piece)
    return {key: int(count) for key, count in pairs}


def _mentee(cast: Cast, number: int) -> dict[str, str]:
    random = cast.random
    since = date(2023, 7, 1) + timedelta(days=random.randrange(1000))
    paid = SHORT if number % 29 == 3 else EARLY if number % 97 == 5 else DUES
    return _row(cast, type="career-builder", since=since, paid=paid, title=random.choice(TITLES[2:]))


def _mentor(cast: Cast, number: int) -> dict[str, str]:
    random = cast.random
    own = random.sample(DISCIPLINES, 2)
    experience = f"{own[0]} = {random.randrange(6, 24)}; {own[1]} = {random.randrange(5, 12)}"
    # Some joined too lately to be mentors by the rule, and hope that the committee sees it otherwise.
    since = (date(2024, 9, 1) if number % 25 == 7 else date(2018, 7, 1)) + timedelta(days=random.randrange(1400) // 3)
    row = _row(
        cast, type="retiree" if number % 6 == 5 else "career-builder", since=since, paid=DUES,
        title=random.choice(TITLES[:3]),
    )  # fmt: skip
    row["experience"] = experience
    if number % 8 == 2:
        row |= {
            "membership 2 type": "individual", "membership 2 level": "distinguished-access",
            "membership 2 from": f"{2009 + number % 5}-07-01", "membership 2 to": "2018-06-30",
        }  # fmt: skip
    return row


def _other(cast: Cast) -> dict[str, str]:
    random = cast.random
    since = date(2019, 7, 1) + timedelta(days=random.randrange(2000))
    kind = random.choice(("career-builder", "career-builder", "retiree", "organizational"))
    return _row(
        cast, type=kind, since=since, paid=random.choice((DUES, DUES, DUES, SHORT)), title=random.choice(TITLES)
    )


def _row(cast: Cast, *, type: str, since: date, paid: date, title: str) -> dict[str, str]:
    given, family = cast.name()
    number = cast.number()
    employer, region = cast.random.choice(cast.places.employers)
    return {
        "number": number, "given name": given, "family name": family, "email": cast.address(number),
        "phone": f"555 01{cast.random.randrange(10, 99)}", "membership type": type, "membership from": since.isoformat(),
        "paid through": paid.isoformat(), "employer": employer, "region": region, "position title": title,
        "position from": (since + timedelta(days=cast.random.randrange(0, 200))).isoformat(),
    }  # fmt: skip


def _again(cast: Cast, row: Mapping[str, str]) -> dict[str, str]:
    number = cast.number()
    return {**row, "number": number, "email": cast.address(number)}
