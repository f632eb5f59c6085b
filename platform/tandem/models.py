"""Every table of the platform, imported in one place so that mappers and migrations see all of them."""

from tandem.applications import models as _applications
from tandem.audit import models as _audit
from tandem.behalf import models as _behalf
from tandem.directory import models as _directory
from tandem.forms import models as _forms
from tandem.home import models as _home
from tandem.identity import models as _identity
from tandem.jobs import models as _jobs
from tandem.letters import models as _letters
from tandem.matching import models as _matching
from tandem.mentorships import models as _mentorships
from tandem.notices import models as _notices
from tandem.operator import models as _operator
from tandem.privacy import models as _privacy
from tandem.programs import models as _programs
from tandem.tenancy import models as _tenancy
from tandem.tenancy.base import Base

MODULES = (
    _applications, _audit, _behalf, _directory, _forms, _home, _identity, _jobs, _letters, _matching, _mentorships, _notices,
    _operator, _privacy, _programs, _tenancy,
)  # fmt: skip

__all__ = ["MODULES", "Base"]
