"""The normal forms in which names and addresses are stored for look-ups.

Row security keeps PostgreSQL from using an index on ``lower(…)``, so these are computed here, stored in columns of their own
(``name_key``, ``email_key``) and compared with ``=`` and ranges. Python is the only place that makes them.
"""

from __future__ import annotations

import re
import unicodedata

#: Letters that Unicode does not take apart into a base letter and a mark, though readers search without the stroke.
_STROKES = str.maketrans(
    {
        "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n",
    }
)  # fmt: skip
_APART = re.compile(r"[^\w]+|_+")
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_MARKS = re.compile("[\u0300-\u036f]")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\/]{1,255}")
_HOST_LABEL = re.compile(r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?")
#: Addresses in plain ASCII, nearly all of them: one look instead of several.
_PLAIN = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.IGNORECASE | re.ASCII,
)

#: The longest address that mail servers carry.
EMAIL_LENGTH = 254


def name_key(*parts: str | None) -> str:
    """Words for looking a name up: case-folded, without accents and punctuation, single spaces.

    Parts are joined with a space: ``name_key("O’Brien-Núñez", "Zoë")`` is ``"obrien nunez zoe"``. Scripts without case or
    accents stay as they are.
    """
    text = " ".join(part for part in parts if part)
    if text.isascii():
        text = text.lower()
        if text.replace(" ", "").isalnum() and "  " not in text:
            return text.strip()
    else:
        text = unicodedata.normalize("NFKC", text).casefold().translate(_STROKES)
        # Only the marks of Latin, Greek and Cyrillic letters are dropped: in other scripts they are part of the word.
        text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
    return _APART.sub(" ", _APOSTROPHES.sub("", text)).strip()


def email_key(address: str) -> str:
    """The form in which an e-mail address is compared: lower case, compatibility forms folded, the domain as in DNS.

    Accents are kept, and so is ß: jorg@ and jörg@ may be two people, and a look-up must never take one for the other. Never
    raises; what is no address has a key that matches none. ``is_email`` says whether it is one.
    """
    text = unicodedata.normalize("NFKC", address).strip().lower()
    if text.isascii():
        return text
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{'.'.join(_ace(label) for label in domain.split('.'))}"


def is_email(address: str) -> bool:
    """Whether ``address`` has the shape of an e-mail address that mail servers take."""
    if len(address) > EMAIL_LENGTH:
        return False
    if _PLAIN.fullmatch(address):
        return address.index("@") <= 64
    if address.isascii() or _EMAIL.fullmatch(address) is None:
        return False
    local, _, domain = email_key(address).rpartition("@")
    labels = domain.split(".")
    return (
        len(labels) > 1
        and all(_HOST_LABEL.fullmatch(label) for label in labels)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
        and address.isprintable()
    )


def _ace(label: str) -> str:
    """A domain's label as DNS has it: ``münchen`` is ``xn--mnchen-3ya``."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
