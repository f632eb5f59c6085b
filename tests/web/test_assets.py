from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from tandem.web import init_web
from tandem.web.assets import STATIC_ROOT, Assets, UnknownAssetError


def test_a_static_file_is_kept_for_ever_under_its_hash(app, client):
    with app.test_request_context():
        address = app.jinja_env.globals["asset_url"]("tandem.css")

    answer = client.get(address)

    assert re.fullmatch(r"/static/tandem\.[0-9a-f]{12}\.css", address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_static_file_is_compressed_for_those_who_take_it(app, client):
    with app.test_request_context():
        address = app.jinja_env.globals["asset_url"]("tandem.css")

    plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert (plain.vary.to_header(), packed.vary.to_header()) == ("Accept-Encoding", "Accept-Encoding")


def test_a_known_file_is_not_sent_twice(app, client):
    with app.test_request_context():
        address = app.jinja_env.globals["asset_url"]("tandem.js")

    first = client.get(address)

    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "name",
    ["tandem.css", "tandem.000000000000.css", "css/1-tokens.css", "../__init__.py", "vendor/licences/htmx.org.txt"],
)
def test_any_other_name_is_not_found(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_every_address_in_the_stylesheet_leads_somewhere(client):
    sheet = Assets().read("tandem.css").decode()
    addresses = re.findall(r'url\("(/static/[^"]+)"\)', sheet)

    assert len(addresses) == 3
    assert [client.get(address).status_code for address in addresses] == [200, 200, 200]
    assert not re.search(r'url\("(?!/static/|data:)', sheet)


def test_a_changed_file_gets_another_name(tmp_path: Path):
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    before = Assets(tmp_path).url("a.js")
    (tmp_path / "a.js").write_text("2", encoding="utf-8")

    assert Assets(tmp_path).url("a.js") != before


def test_an_unknown_file_is_an_error_not_a_broken_link():
    with pytest.raises(UnknownAssetError):
        Assets().url("missing.css")


def test_an_unknown_icon_is_an_error(app):
    with app.test_request_context(), pytest.raises(LookupError, match=r"vendor\.toml"):
        app.jinja_env.globals["icon_url"]("no-such-icon")


def test_flasks_own_static_folder_is_refused():
    app = Flask("tandem", static_folder=str(STATIC_ROOT))
    app.config.update(SECRET_KEY="k" * 32, TANDEM_ENV="test")

    with pytest.raises(RuntimeError, match="static_folder=None"):
        init_web(app)
