"""Static files under names that carry a hash of their content, so that browsers may keep them for ever.

``asset_url("tandem.css")`` gives ``/static/tandem.<hash>.css``. The stylesheet is the files of ``static/css`` in their order;
addresses inside it are rewritten to the hashed names. Everything is held in memory, compressed once.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from flask import Flask, Response, abort, current_app, request

STATIC_ROOT = Path(__file__).parent / "static"

#: The stylesheet of all pages, written as several files.
STYLESHEET = "tandem.css"

_IMMUTABLE = "public, max-age=31536000, immutable"
_CSS_URL = re.compile(r'url\("\.\./([^"]+)"\)')
_COMPRESSIBLE = ("text/", "image/svg+xml", "application/javascript")
#: Seconds after which a folder that is watched is looked at again.
_LOOK_AGAIN = 0.5
_PUBLISHED = {".css", ".js", ".svg", ".woff2"}


class UnknownAssetError(LookupError):
    """Raised when a template asks for a static file that is not there."""


@dataclass(frozen=True)
class Asset:
    """One static file: its own name, its published name with the hash, its type and its bytes."""

    name: str
    published: str
    mimetype: str
    content: bytes = field(repr=False)

    @cached_property
    def compressed(self) -> bytes | None:
        """The gzip form, or ``None`` where compression gains nothing (fonts are compressed already)."""
        if not self.mimetype.startswith(_COMPRESSIBLE):
            return None
        # The time stamp is left out, so that every process sends the same bytes.
        return gzip.compress(self.content, compresslevel=9, mtime=0)


class Assets:
    """All static files below one folder, read once; in development read again when a file has changed."""

    def __init__(self, root: Path = STATIC_ROOT, *, prefix: str = "/static/", reload: bool = False) -> None:
        self.root = root
        self.prefix = prefix
        self._reload = reload
        self._stamp = 0.0
        self._looked_at = 0.0
        self._by_name: dict[str, Asset] = {}
        self._by_published: dict[str, Asset] = {}
        self._read()

    def url(self, name: str) -> str:
        """The address of a static file. Raises ``UnknownAssetError`` for a name that is not there."""
        self._refresh()
        try:
            return self.prefix + self._by_name[name].published
        except KeyError:
            raise UnknownAssetError(f"There is no static file {name!r} in {self.root}.") from None

    def find(self, published: str) -> Asset | None:
        """The file behind a published name, or ``None``."""
        self._refresh()
        return self._by_published.get(published)

    def read(self, name: str) -> bytes:
        """The bytes of a static file. Raises ``UnknownAssetError`` for a name that is not there."""
        self.url(name)
        return self._by_name[name].content

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._by_name.values())

    def _refresh(self) -> None:
        # A page names a hundred icons: the folder is looked at once for all of them, and nobody reloads faster than this.
        if not self._reload or time.monotonic() - self._looked_at < _LOOK_AGAIN:
            return
        if self._stamp != self._newest():
            self._read()
        self._looked_at = time.monotonic()

    def _files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*") if path.suffix in _PUBLISHED)

    def _newest(self) -> float:
        return max((path.stat().st_mtime for path in self._files()), default=0.0)

    def _read(self) -> None:
        by_name: dict[str, Asset] = {}
        sheets: list[str] = []
        for path in self._files():
            name = path.relative_to(self.root).as_posix()
            if name.startswith("css/"):
                sheets.append(path.read_text(encoding="utf-8"))
            else:
                by_name[name] = _asset(name, path.read_bytes())
        if sheets:
            # Only now do the files the stylesheet points to have their hashed names.
            def hashed(found: re.Match[str]) -> str:
                return f'url("{self.prefix}{by_name[found[1]].published}")'

            by_name[STYLESHEET] = _asset(STYLESHEET, _CSS_URL.sub(hashed, "\n".join(sheets)).encode())
        self._by_name = by_name
        self._by_published = {asset.published: asset for asset in by_name.values()}
        self._stamp = self._newest()


@cache
def _unchanging() -> Assets:
    """The assets of a process that doesn't watch them, shared by all of its apps."""
    return Assets()


def _asset(name: str, content: bytes) -> Asset:
    path = PurePosixPath(name)
    digest = hashlib.sha256(content).hexdigest()[:12]
    mimetype = mimetypes.types_map.get(path.suffix) or ("font/woff2" if path.suffix == ".woff2" else "text/plain")
    return Asset(name, str(path.with_name(f"{path.stem}.{digest}{path.suffix}")), mimetype, content)


def init_assets(app: Flask, *, reload: bool) -> Assets:
    """Serve the static files of this package and give templates ``asset_url``.

    Raises ``RuntimeError`` when the app has a static folder of Flask's own: its route would hide ours.
    """
    if app.has_static_folder:
        raise RuntimeError("Create the app with static_folder=None: tandem.web serves /static/ itself.")
    assets = Assets(reload=True) if reload else _unchanging()
    app.extensions["tandem.assets"] = assets
    app.add_template_global(asset_url)
    app.add_url_rule("/static/<path:name>", "static", static_file, methods=["GET"])
    return assets


def asset_url(name: str) -> str:
    """The address of a static file, with the hash of its content. Raises ``UnknownAssetError``."""
    return _assets().url(name)


def static_file(name: str) -> Response:
    """Answer with a static file; 404 for any name but the published ones."""
    asset = _assets().find(name)
    if asset is None:
        abort(404)
    return cacheable(asset.content, asset.mimetype, etag=asset.published, compressed=asset.compressed)


def cacheable(content: bytes, mimetype: str, *, etag: str, compressed: bytes | None = None) -> Response:
    """A response that browsers may keep for ever, because its address changes with its content."""
    packed = compressed is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(compressed if packed else content, mimetype=mimetype)
    if compressed is not None:
        response.vary.add("Accept-Encoding")
    if packed:
        response.content_encoding = "gzip"
    response.headers["Cache-Control"] = _IMMUTABLE
    response.set_etag(f"{etag}-gz" if packed else etag)
    response.make_conditional(request)
    return response


def _assets() -> Assets:
    assets: Assets = current_app.extensions["tandem.assets"]
    return assets
