"""Refusals of applications, each with what to do next."""

from __future__ import annotations


class CannotApplyError(RuntimeError):
    """The member cannot begin an application now. ``args[0]`` says why and what helps, translated."""
