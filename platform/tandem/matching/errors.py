"""What can go wrong between the pool and the engine."""

from __future__ import annotations

from tandem.matching.engine import EngineError


class PluginFailed(EngineError):
    """A criterion or constraint raised an error when it was asked; ``item`` is its id in the program's configuration."""

    def __init__(self, item: str, error: Exception) -> None:
        super().__init__(f"{item}: {type(error).__name__}")
        self.item = item
