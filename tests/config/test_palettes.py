"""The palettes can be told apart by everybody: each common kind of colour blindness, dark and light backgrounds."""

from __future__ import annotations

import itertools
import math

import pytest

from quotaline.config.palettes import PALETTES, ROLES

RGB = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, severity 1.0: what is left of linear red, green and blue.
SIGHT: dict[str, tuple[RGB, RGB, RGB]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
BACKGROUNDS = {"default": ((0, 0, 0), (30, 30, 30)), "light": ((255, 255, 255), (250, 250, 250))}
JUST_TOLD_APART = 2.3  # CIE 1976; many times that is seen at a glance


def rgb(sgr: str) -> RGB:
    """The colour of `38;5;N`, by xterm's cube and its greys."""
    number = int(sgr.rpartition("38;5;")[2])
    if number >= 232:
        return (8.0 + 10 * (number - 232),) * 3
    steps = (0, 95, 135, 175, 215, 255)
    cube = number - 16
    return float(steps[cube // 36]), float(steps[cube // 6 % 6]), float(steps[cube % 6])


def linear(colour: RGB) -> RGB:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return red, green, blue


def seen(colour: RGB, sight: str) -> RGB:
    """Linear light as an eye of that kind sees it."""
    light = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, light, strict=True)))) for row in SIGHT[sight]
    )
    return red, green, blue


def lab(light: RGB) -> RGB:
    """CIE L*a*b* under D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        sum(weight * part for weight, part in zip(row, light, strict=True)) / limit
        for row, limit in zip(rows, white, strict=True)
    )
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def luminance(colour: RGB) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", BACKGROUNDS)
@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("calm", ["ok", "money"])
def test_calm_warn_and_critical_are_told_apart_by_every_eye(palette: str, sight: str, calm: str) -> None:
    colours = [lab(seen(rgb(PALETTES[palette][role]), sight)) for role in (calm, "warn", "critical")]
    assert min(math.dist(one, other) for one, other in itertools.combinations(colours, 2)) > 8 * JUST_TOLD_APART


@pytest.mark.parametrize("palette", BACKGROUNDS)
@pytest.mark.parametrize("role", ["accent", "money", "ok", "warn", "critical"])
def test_every_colour_stands_out_from_its_background(palette: str, role: str) -> None:
    for background in BACKGROUNDS[palette]:
        low, high = sorted((luminance(background), luminance(rgb(PALETTES[palette][role]))))
        assert (high + 0.05) / (low + 0.05) >= 4.5, "WCAG's contrast for text"


def test_every_palette_has_every_role_and_marks_the_critical_beyond_colour() -> None:
    for roles in PALETTES.values():
        assert set(roles) == set(ROLES)
        assert roles["critical"].startswith("1")
