"""Pages of pools and match runs; for staff alone."""

from tandem.matching import person as person  # Registers a section of people’s pages.
