"""The matching engine against what others would take: ``python -m benchmarks.matching`` measures and writes the page."""
