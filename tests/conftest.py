"""Fixtures live in modules by what they provide; pytest loads them from here."""

pytest_plugins = [
    "tests.selection",
    "tests.servers",
    "tests.app_fixtures",
    "tests.browser",
    "tests.mail",
    "tests.consoles",
    "tests.loop.keeping",
]
