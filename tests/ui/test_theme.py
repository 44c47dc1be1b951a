"""Both palettes can be read by everybody, and the system's wish is followed."""

from __future__ import annotations

from dataclasses import fields

import pytest
from PySide6.QtWidgets import QApplication

from app.emu.events import Stack
from app.emu.registers import Mode
from app.ui.theme import DARK, LIGHT, Colours, Scheme, Theme, colours, contrast, palette

GROUNDS = ("window", "base", "alternate", "current_line_fill", "cursor_line_fill", "error_fill")
NO_TEXT = {*GROUNDS, "line", "on_accent", "frame_fills"}


@pytest.mark.parametrize("named", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_stands_out_from_every_ground(named: Colours) -> None:
    grounds = [getattr(named, name) for name in GROUNDS] + list(named.frame_fills)
    texts = [field.name for field in fields(named) if field.name not in NO_TEXT]
    faint = [(text, ground) for text in texts for ground in grounds if contrast(getattr(named, text), ground) < 4.5]
    assert len(texts) > 15
    assert faint == []


@pytest.mark.parametrize("named", [LIGHT, DARK], ids=["light", "dark"])
def test_selected_text_and_badges_stand_out(named: Colours) -> None:
    assert contrast(named.on_accent, named.accent) >= 4.5
    for colour in [named.mode(mode) for mode in Mode] + [named.stack(stack) for stack in Stack]:
        assert contrast(named.base, colour) >= 4.5


@pytest.mark.parametrize("named", [LIGHT, DARK], ids=["light", "dark"])
def test_modes_can_be_told_from_each_other(named: Colours) -> None:
    assert len({named.mode(mode) for mode in Mode}) == len(Mode)
    assert len({named.stack(stack) for stack in Stack}) == len(Stack)


def test_the_contrast_formula_is_the_standard_one() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_a_system_without_a_wish_gets_the_light_palette(qapp: QApplication) -> None:
    theme = Theme(qapp, Scheme.SYSTEM)
    assert colours() is LIGHT
    theme.choose(Scheme.DARK)
    assert colours() is DARK
    theme.choose(Scheme.LIGHT)
    theme.deleteLater()


def test_the_environment_overrules_the_setting(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DPMISCOPE_THEME", "dark")
    theme = Theme(qapp, Scheme.LIGHT)
    assert colours() is DARK
    monkeypatch.delenv("DPMISCOPE_THEME")
    theme.choose(Scheme.LIGHT)
    assert colours() is LIGHT
    theme.deleteLater()


def test_the_qt_palette_uses_our_colours() -> None:
    assert palette(DARK).base().color().name().upper() == DARK.base
