"""Pages of mentorships: what participants see and do, and what staff see and do."""

from tandem.mentorships import person as person  # Registers a section of people’s pages.
from tandem.mentorships.views.member import blueprint as member_blueprint
from tandem.mentorships.views.staff import blueprint as staff_blueprint

__all__ = ["member_blueprint", "staff_blueprint"]
