"""Pages of applications: the applicant's and the reviewers'."""

from tandem.applications import person as person  # Registers a section of people’s pages.
