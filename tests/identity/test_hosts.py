"""The hosts: the finder, an association's, nobody's; and what anyone may write into a Host header."""

from __future__ import annotations

import pytest

from tandem.edge.hostnames import hostname_of
from tandem.tenancy.services import set_association_state
from tests.app_fixtures import client_at
from tests.factories import an_association
from tests.pages import post, text_of


@pytest.fixture
def finder(app):
    return client_at(app, "localhost")


def test_the_finder_leads_to_each_associations_host(finder, association):
    page = finder.get(f"/?q={association.slug}")

    assert page.status_code == 200
    assert association.name in text_of(page)
    assert f'href="http://{association.hostname}/"' in page.get_data(as_text=True)


def test_the_finder_searches_a_part_of_the_name(finder, association):
    number = association.slug.rsplit("-", 1)[1]

    assert association.name in text_of(finder.get(f"/?q={association.name[3:].upper()}"))
    assert association.name not in text_of(finder.get(f"/?q=no-{number}-such"))


@pytest.mark.parametrize(
    "search", ["%25", "_", "%5C", "'", "x" * 5000, "%F0%9F%A6%8A", "%3Cscript%3Ealert(1)%3C/script%3E"]
)
def test_any_search_of_the_finder_is_answered(finder, search):
    page = finder.get(f"/?q={search}")

    assert page.status_code == 200
    assert "<script>alert" not in page.get_data(as_text=True)


def test_a_wildcard_is_searched_for_as_it_is(finder, association):
    assert association.name not in text_of(finder.get("/?q=%25"))
    assert "has “%” in its name" in text_of(finder.get("/?q=%25"))


def test_the_finder_leaves_suspended_associations_out(finder, app, association):
    set_association_state(association_id=association.association_id, state="suspended")
    from tandem.extensions import db

    db.session.commit()

    assert association.name not in text_of(finder.get(f"/?q={association.slug}"))


def test_a_long_list_says_how_many_there_are(finder, app):
    with app.app_context():
        for _n in range(52):
            an_association()

    page = text_of(finder.get("/"))

    assert "These are the first 50 of" in page
    assert "Part of its name" in page


def test_nobodys_host_says_so_and_leads_to_the_finder(app):
    page = client_at(app, "nowhere.localhost").get("/programs?x=1")

    assert page.status_code == 404
    assert "No association has this address" in text_of(page)
    assert 'href="http://localhost/"' in page.get_data(as_text=True)
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize(
    "header",
    ["evil.example", "localhost.evil.example", "casbo.localhost.evil.example", "127.0.0.1", "[::1]", "-x.localhost", "x..localhost",
     "a" * 300 + ".localhost", "ä.localhost", "x_y.localhost", "", "localhost:99999999", "x localhost", "%00", "'--.localhost"],
)  # fmt: skip
def test_a_forged_host_is_nobodys(app, association, header):
    answer = app.test_client().get("/sign-in", headers={"Host": header})

    assert answer.status_code in {400, 404}


def test_a_forged_host_is_in_no_link(app, association):
    answer = app.test_client().get("/", headers={"Host": "evil.example"})

    assert "evil.example" not in answer.get_data(as_text=True)


def test_forwarded_headers_are_not_believed_without_proxies_of_ours(app, association):
    answer = client_at(app, "nowhere.localhost").get("/", headers={"X-Forwarded-Host": association.hostname})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("header", "hostname"),
    [
        ("Casbo.LOCALHOST:8000", "casbo.localhost"), ("casbo.localhost.", "casbo.localhost"), ("localhost", "localhost"),
        ("casbo.localhost..", None), ("", None), (":80", None), ("a" * 64 + ".localhost", None), ("a.b\n", None), ("a\0b", None),
        ("[::1]:80", None), ("x-.localhost", None), ("1.2.3.4", "1.2.3.4"),
    ],
)  # fmt: skip
def test_a_header_is_read_as_a_host(header, hostname):
    assert hostname_of(header) == hostname


def test_every_path_of_a_suspended_host_rests(app, client, association):
    from tandem.extensions import db

    set_association_state(association_id=association.association_id, state="suspended")
    db.session.commit()

    answers = [client.get(path) for path in ("/", "/sign-in", "/staff/", "/nowhere", "/health", "/brand/x.css")]
    posted = client.post("/sign-in", data={"email": "ada@example.org"})

    assert [answer.status_code for answer in (*answers, posted)] == [503] * 7
    assert all(association.name in text_of(answer) for answer in answers)
    assert client.get("/static/tandem.css").status_code != 503


def test_the_finder_has_no_association_pages(finder):
    assert [finder.get(path).status_code for path in ("/sign-in", "/programs", "/account", "/staff/", "/home")] == [
        404
    ] * 5


def test_home_leads_where_people_belong(client, association):
    answer = client.get("/")

    assert (answer.status_code, answer.location) == (303, "/programs")


def test_health_is_told_on_every_host(app, client, association, finder):
    assert [
        browser.get("/health").get_json() for browser in (client, finder, client_at(app, "operator.localhost"))
    ] == [{"status": "ok"}] * 3


@pytest.mark.parametrize("path", ["/sign-in", "/", "/theme"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_methods_that_there_are_not_are_refused(client, association, path, method):
    answer = client.open(path, method=method)

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"] or "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=" + b"x" * 100_000, b"%zz=%ff&" * 50, b""])
def test_any_body_is_answered(client, association, body):
    answer = client.post("/sign-in", data=body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 400


def test_too_many_fields_are_refused(client, association):
    answer = client.post("/sign-in", data={f"field{n}": "x" for n in range(3000)}, content_type="multipart/form-data")

    assert answer.status_code in {400, 413}


def test_a_posted_link_of_another_host_keeps_its_own_next(client, association):
    answer = post(client, "/sign-in", {"email": "ada@example.org", "next": f"http://{association.hostname}/account"})

    assert answer.status_code == 303
