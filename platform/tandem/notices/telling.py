"""What a page says of letters that its reader caused: that they went, or that they wait because mail is held."""

from __future__ import annotations

from flask_babel import gettext as _

from tandem.web.context import current_viewer


def said_of_letters(gone: str, done: str) -> str:
    """``gone`` says what was done and that people have been told of it, ``done`` says the first part alone, for when mail is held."""
    viewer = current_viewer()
    if viewer is None or not viewer.mail_held:
        return gone
    waits = (
        _("Mail is held: the letter waits until it goes again.")
        if viewer.is_staff
        else _("Your letter follows when the association sends e-mail again.")
    )
    return f"{done} {waits}"
