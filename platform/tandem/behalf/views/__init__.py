"""Pages for acting on behalf."""

from tandem.behalf import person as person  # Registers a section of people’s pages.
