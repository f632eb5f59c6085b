"""Settings: read once from the environment, validated together, frozen.

Every variable is named ``TANDEM_…``. Nothing secret has a default outside development.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env
from marshmallow.validate import Length, OneOf, Range, Regexp

#: With the letter's number behind it, a local part may not be longer than mail allows: 64 characters.
_BOUNCE_ADDRESS = Regexp(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,17}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z",
    error="Not an address whose part before the @ has at most 18 letters, digits, dots or dashes.",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process of Tandem needs to know about its surroundings.

    ``base_domain`` is the domain below which associations have their hosts, for example ``localhost``;
    ``port`` is the public port that appears in links, ``None`` where the scheme implies it.
    ``owner_database_url`` is needed by migrations only and absent in the serving processes.
    """

    environment: str
    database_url: str
    owner_database_url: str | None
    valkey_url: str
    secret_key: str
    base_domain: str
    scheme: str
    port: int | None
    smtp_host: str
    smtp_port: int
    smtp_username: str | None
    smtp_password: str | None
    mail_from_domain: str
    mailbox_dir: Path | None
    files_dir: Path
    #: How many proxies of our own stand before the web processes: so many entries of X-Forwarded-For are believed.
    proxies: int = 0
    #: Where mail servers report what came back (``bounce@mail.example.org``); each letter adds its own number to it.
    bounce_address: str | None = None
    #: MiB of memory that one job may take, beside what the worker shares with it.
    job_memory: int = 4096

    @property
    def is_production(self) -> bool:
        """Whether the process serves real people."""
        return self.environment == "production"

    @property
    def is_development(self) -> bool:
        """Whether developers' pages (mailbox, style guide) are offered."""
        return self.environment == "development"

    @property
    def operator_hostname(self) -> str:
        """The host of the operator's console."""
        return f"operator.{self.base_domain}"

    def url_for_host(self, hostname: str, path: str = "/") -> str:
        """The absolute address of ``path`` on one of our hosts."""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{hostname}{port}{path}"


def load_settings(overrides: dict[str, str] | None = None) -> Settings:
    """Read the settings from the environment (and ``overrides``, which win).

    Raises ``environs.EnvValidationError`` that lists every missing or malformed variable at once.
    """
    env = Env(eager=False, prefix="TANDEM_")
    if overrides:
        # Overrides exist for tests and the command line, so that neither has to change its own environment.
        import os

        os.environ.update({f"TANDEM_{key.upper()}": value for key, value in overrides.items()})
    environment = env.str("ENV", "production", validate=OneOf(["development", "test", "production"]))
    values: dict[str, Any] = {
        "environment": environment,
        "database_url": env.str("DATABASE_URL"),
        "owner_database_url": env.str("OWNER_DATABASE_URL", None),
        "valkey_url": env.str("VALKEY_URL"),
        "secret_key": env.str("SECRET_KEY", validate=Length(min=32)),
        "base_domain": env.str("BASE_DOMAIN"),
        "scheme": env.str("SCHEME", "https", validate=OneOf(["http", "https"])),
        "port": env.int("PORT", None, validate=Range(min=1, max=65535)),
        "smtp_host": env.str("SMTP_HOST", "localhost"),
        "smtp_port": env.int("SMTP_PORT", 25, validate=Range(min=1, max=65535)),
        "smtp_username": env.str("SMTP_USERNAME", None),
        "smtp_password": env.str("SMTP_PASSWORD", None),
        "mail_from_domain": env.str("MAIL_FROM_DOMAIN", "example.org"),
        "mailbox_dir": env.path("MAILBOX_DIR", None),
        "files_dir": env.path("FILES_DIR", Path("/var/lib/tandem")),
        "bounce_address": env.str("BOUNCE_ADDRESS", None, validate=_BOUNCE_ADDRESS),
        "proxies": env.int("PROXIES", 0, validate=Range(min=0, max=5)),
        "job_memory": env.int("JOB_MEMORY", 4096, validate=Range(min=512)),
    }
    env.seal()
    return Settings(**values)
