"""Reports of mail servers about letters that they took, as they write them."""

from __future__ import annotations

from tests.notices.sending import deliveries, work, write

BASE = "bounce@mail.example.org"


def report(
    to,
    *,
    action="failed",
    status="5.1.1",
    diagnostic="smtp; 550 5.1.1 <ada@example.org>: No such user here",
    kind="delivery-status",
):
    """A report to ``to``; words of the letter come back with it."""
    return f"""\
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind};
\tboundary="9B095B5ADSN"

--9B095B5ADSN
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--9B095B5ADSN
Content-Type: message/{kind}

Reporting-MTA: dns; mail.example.org
Arrival-Date: Tue,  3 Mar 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; ada@example.org
Original-Recipient: rfc822;ada@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: {diagnostic}

--9B095B5ADSN
Content-Type: message/rfc822

Subject: A letter with SECRET-WORDS

SECRET-WORDS

--9B095B5ADSN--
""".encode()


ABSENT = b"""\
From: ada@example.org
To: %(to)s
Subject: Out of office: A match for you
Auto-Submitted: auto-replied
Content-Type: text/plain

I am away until Monday. 550 5.1.1 is my lucky number.
"""


def absent(to):
    """Somebody's holiday reply."""
    return ABSENT.replace(b"%(to)s", to.encode())


def sent_with_return(mail, member, template="dues-resumed"):
    """A letter that was sent, and the address to which it is reported."""
    notice = write(member, template)
    work()
    assert deliveries(notice).state == "sent"
    return notice, mail.senders[-1]
