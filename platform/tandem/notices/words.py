"""What the states of a delivery are called, and what the reasons of a failed one mean."""

from __future__ import annotations

from types import MappingProxyType

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from tandem.notices.email import about_the_address
from tandem.notices.models import Delivery, DeliveryState
from tandem.notices.reports import Became

STATE_WORDS = MappingProxyType(
    {
        DeliveryState.PENDING: lazy_gettext("Waits to be sent"),
        DeliveryState.SENDING: lazy_gettext("Being sent"),
        DeliveryState.SENT: lazy_gettext("Sent"),
        DeliveryState.UNCERTAIN: lazy_gettext("Doubtful"),
        DeliveryState.FAILED: lazy_gettext("Not delivered"),
        DeliveryState.HELD: lazy_gettext("Held"),
        DeliveryState.DIGEST: lazy_gettext("Waits for the daily mail"),
        DeliveryState.DIGESTED: lazy_gettext("In the daily mail"),
        DeliveryState.UNWANTED: lazy_gettext("Not mailed, as they wish"),
        DeliveryState.DROPPED: lazy_gettext("Not needed any more"),
        DeliveryState.DELAYED: lazy_gettext("Delayed"),
        DeliveryState.BOUNCED: lazy_gettext("Came back"),
    }
)

STATE_BADGES = MappingProxyType(
    {
        DeliveryState.PENDING: "",
        DeliveryState.SENDING: "info",
        DeliveryState.SENT: "ok",
        DeliveryState.UNCERTAIN: "warn",
        DeliveryState.FAILED: "bad",
        DeliveryState.HELD: "warn",
        DeliveryState.DIGEST: "",
        DeliveryState.DIGESTED: "ok",
        DeliveryState.UNWANTED: "",
        DeliveryState.DROPPED: "",
        DeliveryState.DELAYED: "warn",
        DeliveryState.BOUNCED: "bad",
    }
)


_WAITING = MappingProxyType(
    {
        DeliveryState.HELD: lazy_gettext("All mail of the association is held. It goes when staff let it go."),
        DeliveryState.DIGEST: lazy_gettext("The recipient wants such mail once a day. It is in the next daily mail."),
        DeliveryState.DIGESTED: lazy_gettext("The recipient wants such mail once a day. It was in a daily mail."),
        DeliveryState.UNWANTED: lazy_gettext(
            "The recipient does not want such mail. They can read it under Notices when they are signed in."
        ),
    }
)


#: What became of a letter's mail, said to its recipient.
_OWN = MappingProxyType(
    {
        DeliveryState.PENDING: lazy_gettext("On its way to {address}"),
        DeliveryState.SENDING: lazy_gettext("On its way to {address}"),
        DeliveryState.SENT: lazy_gettext("Sent to {address}"),
        DeliveryState.UNCERTAIN: lazy_gettext("Sent to {address}; nobody knows whether it arrived"),
        DeliveryState.FAILED: lazy_gettext("It could not be mailed to {address}"),
        DeliveryState.HELD: lazy_gettext("Not mailed yet: all mail is held for now"),
        DeliveryState.DIGEST: lazy_gettext("Not mailed yet: it comes in your next daily mail"),
        DeliveryState.DIGESTED: lazy_gettext("Sent in your daily mail to {address}"),
        DeliveryState.UNWANTED: lazy_gettext("Not mailed, as you chose"),
        DeliveryState.DROPPED: lazy_gettext("Not mailed: it was no longer needed"),
        DeliveryState.DELAYED: lazy_gettext("Sent to {address}"),
        DeliveryState.BOUNCED: lazy_gettext("Sent to {address}, and came back"),
    }
)


def own_words(delivery: Delivery | None, address: str) -> str:
    """What became of a letter's mail, said to its recipient; ``address`` is where it goes."""
    if delivery is None:
        return _("Written for you here; no mail of it was sent")
    if delivery.state is DeliveryState.FAILED and delivery.detail == "marked":
        return _("Not mailed: %(address)s refused mail before", address=address)
    return str(_OWN[delivery.state]).replace("{address}", address)


def _dropped_words(delivery: Delivery) -> str:
    if delivery.detail == "let-go":
        return _("It was held, and staff let the held mail go without sending it.")
    return _("What it reminds of was done or called off before it could be sent.")


def detail_words(delivery: Delivery) -> str:
    """What is known about a delivery beyond its state, and what helps."""
    if delivery.state in _WAITING:
        return str(_WAITING[delivery.state])
    if delivery.state is DeliveryState.DROPPED:
        return _dropped_words(delivery)
    if delivery.state is DeliveryState.UNCERTAIN:
        return _(
            "The connection ended while the mail was being handed over, so nobody knows whether it arrived. It is not sent "
            "again by itself. Ask the recipient or the mail server (by the message’s number), then send it again if needed."
        )
    if delivery.state in {DeliveryState.BOUNCED, DeliveryState.DELAYED}:
        return _reported_words(delivery)
    return _failed_words(delivery) if delivery.state is DeliveryState.FAILED else ""


def _reported_words(delivery: Delivery) -> str:
    said = delivery.report_status or ""
    if delivery.report_text:
        said = _("%(status)s, “%(words)s”", status=said, words=delivery.report_text)
    if delivery.state is DeliveryState.DELAYED:
        return _(
            "It is late: the recipient’s mail server does not take it now (%(said)s). Ours goes on trying for some days. If it "
            "comes back, it stands here; if nothing more is heard within a week, it arrived. You have nothing to do.",
            said=said,
        )
    if delivery.detail == Became.GIVEN_UP:
        return _(
            "It came back: for days the recipient’s mail server did not take it (%(said)s). The address may still be right. "
            "Send the notice again, or reach the person in another way.",
            said=said,
        )
    if about_the_address(delivery.report_status or ""):
        return _(
            "It was sent, and came back later: nobody gets mail at this address (%(said)s). Correct the address in the "
            "directory, then send the notice again: it goes to the corrected one.",
            said=said,
        )
    return _(
        "It was sent, and came back later: the recipient’s mail server does not let it through (%(said)s). The address may be "
        "right. Reach the person in another way, and tell whoever looks after the platform’s mail.",
        said=said,
    )


def _failed_words(delivery: Delivery) -> str:
    if delivery.detail == "address":
        return _(
            "The address is not one that mail can be sent to. Correct it in the directory, then send the notice again."
        )
    if delivery.detail == "marked":
        return _("The mail server refused this address before. Clear the mark under Addresses, and it is sent.")
    if delivery.detail == "unreachable":
        return _("The mail server could not be reached for hours. Once it answers again, send the notice again.")
    return _(
        "The mail server refused it (%(answer)s). Check the address in the directory, then send the notice again.",
        answer=delivery.detail or "–",
    )
