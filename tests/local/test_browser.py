"""The browser that other tests walk through pages with."""

from __future__ import annotations

import pytest

from tests.views import accessibility_problems, problems_in_every_view


@pytest.mark.browser
def test_browser_opens_the_finder_and_axe_looks_at_it(site, new_page):
    page = new_page(size="phone")

    answer = page.goto(site.url("localhost"))

    assert answer.status == 200
    assert problems_in_every_view(page, "finder") == []


@pytest.mark.browser
def test_axe_finds_a_planted_problem(new_page):
    page = new_page()

    page.set_content('<html lang="en"><title>T</title><main><h1>T</h1><img src="data:,"></main></html>')

    assert accessibility_problems(page) == ["image-alt (critical): Images must have alternative text: img"]
