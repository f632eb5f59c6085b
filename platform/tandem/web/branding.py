"""An association's look: from its brand configuration to one small stylesheet, and the checks before it is saved.

A brand configuration holds, all of it optional::

    mark: book                # one of MARKS, drawn beside the name
    font: serif               # headings: "inter" or "serif"
    weight: 560               # of headings, 400–800
    tracking: -0.012          # letter spacing of headings in em, -0.05–0.05
    light: {brand: "#0f5848", on_brand: "#ffffff", ink: …, accent: …, banner: …, on_banner: …}
    dark:  {…}                # what is left out is derived from light.brand

Colours are ``#rrggbb`` and nothing else, so nothing in a configuration can break out of the stylesheet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from flask_babel import gettext as _

from tandem.web.colours import BLACK, WHITE, contrast, is_colour, lowest, mix, nearest, search

Mode = Literal["light", "dark"]

#: The drawn signs an association may choose; ``monogram`` writes its first letters.
MARKS = ("monogram", "lines", "book", "rings", "leaf", "bridge")
FONTS = {
    "inter": "var(--td-font)",
    "serif": '"Source Serif 4 Variable", Georgia, "Times New Roman", serif',
}
COLOURS = ("brand", "on_brand", "ink", "accent", "banner", "on_banner")
MODES: tuple[Mode, ...] = ("light", "dark")
KEYS = ("mark", "font", "weight", "tracking", *MODES)

#: The platform's own look, where an association says nothing.
DEFAULT_BRAND = "#2f4858"
DEFAULT_ACCENT = "#c79a4b"

_WEIGHTS = range(400, 801)
_TRACKING_LIMIT = 0.05
_FONT_DEFAULTS = {"inter": (650, -0.022), "serif": (560, -0.012)}
_TEXT = 4.5
_MARK = 3.0
_DARK = "#101314"  # text on a pale fill
# The neutral surfaces of tokens.css that a brand colour stands on; a test keeps the two in step.
SURFACES: Mapping[Mode, tuple[str, ...]] = {
    "light": ("#f7f7f5", WHITE, "#f1f1ee"),
    "dark": ("#121416", "#1a1d20", "#23272b"),
}


class BrandError(ValueError):
    """Raised for a brand configuration of the wrong form; ``path`` says where."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class BrandProblem:
    """A pair of colours that cannot be read together, with a colour that would do (``None`` where the other must change)."""

    path: str
    message: str
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class Brand:
    """A complete look: every colour in both modes, every other choice made."""

    colours: Mapping[Mode, Mapping[str, str]]
    font: str
    weight: int
    tracking: float
    mark: str


def read_brand(brand: Mapping[str, Any]) -> Brand:
    """Fill a configuration up to a complete look. Raises ``BrandError`` for unknown keys and malformed values."""
    _refuse_unknown("", brand, KEYS)
    font = _one_of("font", brand.get("font", "inter"), tuple(FONTS))
    weight, tracking = _FONT_DEFAULTS[font]
    weight = brand.get("weight", weight)
    if isinstance(weight, bool) or not isinstance(weight, int) or weight not in _WEIGHTS:
        raise BrandError("weight", _("Give a whole number from 400 to 800."))
    tracking = brand.get("tracking", tracking)
    if isinstance(tracking, bool) or not isinstance(tracking, int | float) or abs(tracking) > _TRACKING_LIMIT:
        raise BrandError("tracking", _("Give a number from -0.05 to 0.05."))
    given = {mode: _given_colours(mode, brand.get(mode, {})) for mode in MODES}
    return Brand(
        colours=_complete(given["light"], given["dark"]),
        font=font,
        weight=weight,
        tracking=float(tracking),
        mark=_one_of("mark", brand.get("mark", "monogram"), MARKS),
    )


def brand_stylesheet(brand: Mapping[str, Any]) -> str:
    """The association's stylesheet: its ``--assoc-*`` values, light and dark. Raises ``BrandError``."""
    look = read_brand(brand)
    light, dark = look.colours["light"], look.colours["dark"]
    lines = [f"  --assoc-{name.replace('_', '-')}: light-dark({light[name]}, {dark[name]});" for name in COLOURS]
    lines += [
        f"  --assoc-display: {FONTS[look.font]};",
        f"  --assoc-display-weight: {look.weight};",
        f"  --assoc-display-tracking: {look.tracking:g}em;",
    ]
    return ":root {\n" + "\n".join(lines) + "\n}\n"


def brand_digest(brand: Mapping[str, Any]) -> str:
    """The hash in the stylesheet's address: it changes exactly when the stylesheet does. Raises ``BrandError``."""
    return _digest(_frozen(brand))


def brand_mark(brand: Mapping[str, Any]) -> str:
    """The chosen sign, ``monogram`` where none or an unknown one is chosen."""
    mark = brand.get("mark")
    return mark if mark in MARKS else "monogram"


def mail_colours(brand: Mapping[str, Any]) -> Mapping[str, str]:
    """The light colours by name, for e-mail, which knows neither variables nor ``light-dark()``. Raises ``BrandError``."""
    return read_brand(brand).colours["light"]


def check_brand(brand: Mapping[str, Any]) -> list[BrandProblem]:
    """Every pair of colours that falls short of WCAG 2.2 AA, with what would do. Raises ``BrandError`` for malformed values."""
    look = read_brand(brand)
    return [problem for mode in MODES for problem in _check_mode(mode, look.colours[mode])]


def _check_mode(mode: Mode, colours: Mapping[str, str]) -> Iterator[BrandProblem]:
    brand, text = colours["brand"], colours["on_brand"]
    filled = (brand, _strong(mode, brand))
    other_brand = search(brand, lambda candidate: _fits_buttons(mode, candidate, text))
    if lowest(text, filled) < _TEXT:
        other_text = nearest(text, filled, _TEXT)
        path = "on_brand" if other_text else "brand"
        yield _problem(
            f"{mode}.{path}", _("text on the brand color"), lowest(text, filled), _TEXT, other_text or other_brand
        )
    if lowest(brand, SURFACES[mode]) < _MARK:
        yield _problem(
            f"{mode}.brand", _("buttons and marks on the page"), lowest(brand, SURFACES[mode]), _MARK, other_brand
        )
    pages = (_tint(mode, colours), *SURFACES[mode])
    if lowest(colours["ink"], pages) < _TEXT:
        where = _("links and labels on the page and on the tint")
        yield _problem(
            f"{mode}.ink", where, lowest(colours["ink"], pages), _TEXT, nearest(colours["ink"], pages, _TEXT)
        )
    reached = _banner_contrast(colours["banner"], colours["on_banner"])
    if reached < _TEXT:
        other = search(colours["banner"], lambda banner: _banner_contrast(banner, colours["on_banner"]) >= _TEXT)
        yield _problem(f"{mode}.banner", _("softer text on the banner"), reached, _TEXT, other)


def _fits_buttons(mode: Mode, brand: str, text: str) -> bool:
    filled = (brand, _strong(mode, brand))
    legible = any(lowest(candidate, filled) >= _TEXT for candidate in (text, WHITE, _DARK))
    return legible and lowest(brand, SURFACES[mode]) >= _MARK


def _banner_contrast(banner: str, text: str) -> float:
    """The contrast of the softer of the banner's two texts, as ``--td-banner-ink-2`` mixes it."""
    return contrast(mix(text, banner, 0.84), banner)


def _problem(path: str, where: str, reached: float, ratio: float, suggestion: str | None) -> BrandProblem:
    # Rounded down: 4.49 must not be shown as 4.5.
    figures = {"where": where, "reached": f"{int(reached * 100) / 100:.2f}", "ratio": f"{ratio:g}"}
    if suggestion is None:
        message = _(
            "%(where)s: contrast %(reached)s, at least %(ratio)s is needed. Change the color behind it.", **figures
        )
    else:
        message = _(
            "%(where)s: contrast %(reached)s, at least %(ratio)s is needed. %(suggestion)s would do.",
            suggestion=suggestion,
            **figures,
        )
    return BrandProblem(path, message, suggestion)


def _complete(light: Mapping[str, str], dark: Mapping[str, str]) -> dict[Mode, dict[str, str]]:
    """Derive what is not given from the brand colour, so that one colour already makes a legible look."""
    brand = light.get("brand", DEFAULT_BRAND)
    day = {"brand": brand, "accent": light.get("accent", DEFAULT_ACCENT), **light}
    day.setdefault("on_brand", _readable_on(brand, _strong("light", brand)))
    day.setdefault("on_banner", WHITE if "banner" not in day else _readable_on(day["banner"]))
    day.setdefault("banner", _darkened(brand, lambda banner: _banner_contrast(banner, day["on_banner"]) >= _TEXT))
    day.setdefault("ink", nearest(brand, (_tint("light", day), *SURFACES["light"]), _TEXT) or BLACK)

    night = {"brand": dark.get("brand") or _lightened(brand), "accent": day["accent"], **dark}
    night.setdefault("on_brand", _dark_text(night["brand"]))
    night.setdefault("banner", mix(day["banner"], BLACK, 0.62))
    night.setdefault("on_banner", _readable_on(night["banner"]))
    night.setdefault(
        "ink", nearest(mix(night["brand"], WHITE, 0.85), (_tint("dark", night), *SURFACES["dark"]), _TEXT) or WHITE
    )
    return {"light": day, "dark": night}


def _lightened(brand: str) -> str:
    """The brand colour brought up to where it stands out on a dark page."""
    for step in range(0, 100, 2):
        candidate = mix(brand, WHITE, 1 - step / 100)
        if lowest(candidate, SURFACES["dark"]) >= 7:
            return candidate
    return WHITE


def _darkened(colour: str, fits: Callable[[str], bool]) -> str:
    shades = (mix(colour, BLACK, 1 - step / 50) for step in range(51))
    return next((shade for shade in shades if fits(shade)), BLACK)


def _readable_on(*backgrounds: str) -> str:
    light, dark = lowest(WHITE, backgrounds), lowest(_DARK, backgrounds)
    if light >= _TEXT:
        return WHITE
    # Between the two there are middle tones on which only full black can be read.
    return nearest(_DARK, backgrounds, _TEXT) or (WHITE if light >= dark else _DARK)


def _dark_text(brand: str) -> str:
    candidate = mix(brand, BLACK, 0.14)
    return candidate if contrast(candidate, brand) >= _TEXT else _readable_on(brand)


def _strong(mode: Mode, brand: str) -> str:
    """The hovered button, as ``--td-brand-strong`` mixes it."""
    return mix(brand, BLACK if mode == "light" else WHITE, 0.84)


def _tint(mode: Mode, colours: Mapping[str, str]) -> str:
    """The pale brand background, as ``--td-brand-tint`` mixes it."""
    return mix(colours["brand"], WHITE, 0.08) if mode == "light" else mix(colours["banner"], "#1a1d20", 0.52)


def _given_colours(mode: str, given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise BrandError(mode, _("Give colors by name."))
    _refuse_unknown(f"{mode}.", given, COLOURS)
    for name, value in given.items():
        if not is_colour(value):
            raise BrandError(f"{mode}.{name}", _("Give a color as # and six digits, for example #0f5848."))
    return {name: value.lower() for name, value in given.items()}


def _refuse_unknown(prefix: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in given:
        if key not in known:
            raise BrandError(f"{prefix}{key}", _("Unknown; known are %(names)s.", names=", ".join(known)))


def _one_of(path: str, value: object, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise BrandError(path, _("Choose one of %(names)s.", names=", ".join(known)))
    return value


def _frozen(value: Any) -> Any:
    return tuple(sorted((key, _frozen(item)) for key, item in value.items())) if isinstance(value, Mapping) else value


@lru_cache(maxsize=1024)
def _digest(frozen: Any) -> str:
    return hashlib.sha256(brand_stylesheet(_thawed(frozen)).encode()).hexdigest()[:12]


def _thawed(value: Any) -> Any:
    return {key: _thawed(item) for key, item in value} if isinstance(value, tuple) else value
