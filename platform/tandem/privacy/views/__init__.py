"""Pages on one's own data, and staff's answers."""
