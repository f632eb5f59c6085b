"""What the states of a delivery are called, and what the reasons of a failed one mean."""

from __future__ import annotations

from types import MappingProxyType

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from tandem.notices.models import Delivery, DeliveryState

STATE_WORDS = MappingProxyType(
    {
        DeliveryState.PENDING: lazy_gettext("Waits to be sent"),
        DeliveryState.SENDING: lazy_gettext("Being sent"),
        DeliveryState.SENT: lazy_gettext("Sent"),
        DeliveryState.UNCERTAIN: lazy_gettext("Doubtful"),
        DeliveryState.FAILED: lazy_gettext("Not delivered"),
    }
)

STATE_BADGES = MappingProxyType(
    {
        DeliveryState.PENDING: "",
        DeliveryState.SENDING: "info",
        DeliveryState.SENT: "ok",
        DeliveryState.UNCERTAIN: "warn",
        DeliveryState.FAILED: "bad",
    }
)


def detail_words(delivery: Delivery) -> str:
    """What is known about a delivery beyond its state, and what helps."""
    if delivery.state is DeliveryState.UNCERTAIN:
        return _(
            "The connection ended while the mail was being handed over, so nobody knows whether it arrived. It is not sent "
            "again by itself. Ask the recipient or the mail server (by the message’s number), then send it again if needed."
        )
    if delivery.state is not DeliveryState.FAILED:
        return ""
    if delivery.detail == "address":
        return _(
            "The address is not one that mail can be sent to. Correct it in the directory, then send the notice again."
        )
    if delivery.detail == "unreachable":
        return _("The mail server could not be reached for hours. Once it answers again, send the notice again.")
    return _(
        "The mail server refused it (%(answer)s). Check the address in the directory, then send the notice again.",
        answer=delivery.detail or "–",
    )
