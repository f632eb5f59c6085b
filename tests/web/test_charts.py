from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.web.charts import bar_chart, line_chart, nice_ceiling, stacked_bar


def _items(*values):
    return [{"label": str(index), "value": value} for index, value in enumerate(values)]


def test_bars_stand_on_the_base_and_the_highest_fills_the_height():
    chart = bar_chart(_items(10, 5, 0), width=300, height=200)

    assert [bar.y + bar.height for bar in chart.bars] == [chart.base] * 3
    assert [bar.height for bar in chart.bars] == [152, 76, 0]


def test_nothing_to_show_is_no_fault():
    assert bar_chart([]).bars == []
    assert [bar.height for bar in bar_chart(_items(0, 0)).bars] == [0, 0]
    assert stacked_bar([]) == []
    assert stacked_bar(_items(0)) == []
    assert line_chart([]).lines == []
    assert line_chart([{"name": "a", "points": []}]).lines == []


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12))
def test_parts_of_a_bar_stay_inside_it(values):
    segments = stacked_bar(_items(*values), width=1000)

    assert [segment.item["value"] for segment in segments] == [value for value in values if value]
    assert all(segment.x >= 0 and segment.x + segment.width <= 1002 for segment in segments)


def test_a_bar_with_a_total_leaves_the_rest_empty():
    (segment,) = stacked_bar(_items(25), width=100, total=100, gap=0)

    assert (segment.x, segment.width) == (0, 25)


def test_a_line_goes_from_axis_to_axis():
    chart = line_chart([{"name": "a", "points": [(0, 0), (10, 100)]}], x_ticks=[5, 10], y_max=100)

    (line,) = chart.lines
    assert line.path == "M44.0 242.0 L408.0 22.0"
    assert (chart.left, chart.base, chart.right, chart.top) == (44, 242, 408, 22)
    assert [tick.value for tick in chart.y_ticks] == [0, 25, 50, 75, 100]
    assert [tick.at for tick in chart.x_ticks] == [(chart.left + chart.right) / 2, chart.right]


@pytest.mark.parametrize(("value", "end"), [(0, 1), (1, 1), (7, 8), (11, 20), (41, 50), (100, 100), (850, 1000)])
def test_an_axis_ends_on_a_round_number(value, end):
    assert nice_ceiling(value) == end
