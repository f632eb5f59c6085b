"""Fixtures live in modules by what they provide; pytest loads them from here."""

pytest_plugins = ["tests.servers", "tests.app_fixtures"]
