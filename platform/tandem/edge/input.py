"""What no page takes, whatever it is for."""

from __future__ import annotations

from collections.abc import Iterable

from flask import abort, request


def refuse_nul() -> None:
    """Refuse a NUL character wherever it could reach the database, which cannot keep one. Nobody types it: 400."""
    if any("\0" in text for text in _texts()):
        abort(400)


def _texts() -> Iterable[str]:
    yield request.path
    for name, value in request.args.items(multi=True):
        yield name
        yield value
    if request.method in {"POST", "PUT", "PATCH"}:
        for name, value in request.form.items(multi=True):
            yield name
            yield value
        for name, file in request.files.items(multi=True):
            yield name
            yield file.filename or ""
