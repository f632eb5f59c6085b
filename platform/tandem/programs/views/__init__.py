"""Pages of programs: the public page, and what staff read of the configuration."""
