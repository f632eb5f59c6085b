"""Servers of our own for development, tests and the demonstration, from wheels, without any set-up.

Nothing here serves a deployment: production names its own PostgreSQL, Valkey and mail server in the settings.
"""
