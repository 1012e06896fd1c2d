"""The colours of plots: of kinds, of groups and of numbers; on light and dark backgrounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gsfm_enrich.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

    from gsfm_enrich.pl.options import ColouredByValue, Palette

SEQUENTIAL = "magma"
"""Colour map of every p-value and score; reversed on a light background, so that large values stand out."""
GROUPS = "tab10"
QUALITATIVE = 20
"""A colour map of at most this many colours is a list of distinct ones; others are sampled evenly."""


def ink(strength: float) -> tuple[float, float, float]:
    """Return the text colour mixed with the background: 1 gives the text's colour, 0 the background's.

    Greys thus suit both light and dark backgrounds.
    """
    from matplotlib import rcParams
    from matplotlib.colors import to_rgb

    text, background = np.array(to_rgb(rcParams["text.color"])), np.array(to_rgb(rcParams["axes.facecolor"]))
    red, green, blue = (strength * text + (1 - strength) * background).round(4).tolist()
    return red, green, blue


def is_dark() -> bool:
    """Return whether the background is darker than the text."""
    return sum(ink(0)) < sum(ink(1))


def colour_map(figure: ColouredByValue, default: str | None = None) -> Colormap:
    """Return the colour map that was asked for, else `default`, else the sequential one for this background.

    Raises
    ------
    InputError
        If both names of the option are used, or matplotlib knows no such colour map; the message gives
        similar names.
    """
    names = (figure.get("color_map"), figure.get("cmap"))
    given = [value for value in names if value is not None]
    if len(given) > 1:
        raise InputError("color_map and cmap are two names of one parameter: pass only one.")
    usual = default or SEQUENTIAL + ("" if is_dark() else "_r")
    wanted: str | Colormap = given[0] if given else usual
    return _named(wanted, "color_map") if isinstance(wanted, str) else wanted


def class_colours(
    palette: Palette | None, names: Sequence[Any], default: str | Mapping[Any, Any] = GROUPS
) -> dict[Any, Any]:
    """Return the colour of each name.

    Parameters
    ----------
    palette
        What the caller asked for: the name of a colour map, or a list of colours, used in turn; a dict
        changes the colours of the names in it.
    names
        What is coloured, in the order of the legend.
    default
        Colours without a palette, as a palette.

    Raises
    ------
    InputError
        For an unknown colour map or colour, an empty list, or a dict with a name that is not drawn.
    """
    if palette is None:
        return class_colours(default, names)
    if isinstance(palette, Mapping):
        unknown = [name for name in palette if name not in names]
        if unknown:
            raise InputError(
                f"palette gives a colour to {unknown[0]!r}, which is not drawn; there is "
                f"{', '.join(map(repr, names))}.{did_you_mean(str(unknown[0]), map(str, names))}"
            )
        rest = {} if palette is default else class_colours(default, names)
        return rest | {name: _colour(palette[name]) for name in names if name in palette}
    if isinstance(palette, str):
        colours: list[Any] = _colours_of(_named(palette, "palette"), len(names))
    else:
        colours = [_colour(colour) for colour in palette]
    if not colours:
        raise InputError("palette has no colour.")
    return {name: colours[place % len(colours)] for place, name in enumerate(names)}


def _named(name: str, parameter: str) -> Colormap:
    from matplotlib import colormaps

    if name not in colormaps:
        raise InputError(
            f"{parameter} {name!r} is not a colour map of matplotlib.{did_you_mean(name, colormaps)}"
        )
    return colormaps[name]


def _colours_of(known: Colormap, number: int) -> list[Any]:
    """Return the colours of a list of distinct ones, or as many as are needed of a gradual one."""
    places = range(known.N) if known.N <= QUALITATIVE else np.linspace(0, 1, max(number, 1)).tolist()
    return [known(place) for place in places]


def _colour(value: Any) -> Any:
    from matplotlib.colors import is_color_like

    if not is_color_like(value):
        raise InputError(f"palette has {value!r}, which is not a colour of matplotlib.")
    return value
