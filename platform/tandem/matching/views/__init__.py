"""Pages of pools and match runs; for staff alone."""
