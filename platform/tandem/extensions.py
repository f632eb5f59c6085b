"""The application's one database handle. Models import ``Base``; everything else imports ``db``."""

from __future__ import annotations

from flask_sqlalchemy import SQLAlchemy

from tandem.tenancy.base import Base

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
