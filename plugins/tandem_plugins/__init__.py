"""First-party plugins: rules, constraints, criteria, field types and channels."""
