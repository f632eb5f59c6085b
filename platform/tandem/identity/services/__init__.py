"""Verbs on accounts, sign-ins and grants."""
