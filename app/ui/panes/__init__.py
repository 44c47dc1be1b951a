"""The panes, one file each, and the table of them. Adding a pane is a file, a row here and a line in its test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.ui.panes.pane import Pane


class Place(Enum):
    """Where a pane belongs in the default layout."""

    REGISTERS = auto()
    CODE = auto()
    """The highest place there is, for code and behind it what needs as much height."""
    LISTS = auto()
    """Above right: lists and tables behind one another."""
    PICTURES = auto()
    """Below them."""
    STACKS = auto()
    """Across the whole width: four columns side by side."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One pane: what is known about it before its module is imported."""

    key: str
    title: str
    icon: str
    shortcut: str
    place: Place
    module: str
    name: str
    follows_run: bool = False
    """Drawn while the program runs; the others wait for the next stop."""
    is_heavy: bool = False
    """Imported only after the window's first paint."""

    def make(self, parent: QWidget | None) -> Pane:
        """Import the module and build the pane."""
        pane: Pane = getattr(import_module(self.module), self.name)(parent)
        return pane


PANES: Final = (
    Entry("code", "Code", "text-cursor", "Alt+1", Place.CODE, "app.ui.panes.code", "CodePane"),
    Entry("stacks", "Stacks", "layers", "Alt+2", Place.STACKS, "app.ui.panes.stacks", "StacksPane"),
    Entry("registers", "Registers", "cpu", "Alt+3", Place.REGISTERS, "app.ui.panes.registers", "RegistersPane"),
    Entry("events", "Events", "list", "Alt+4", Place.LISTS, "app.ui.panes.events", "EventsPane", follows_run=True),
    Entry("timeline", "Timeline", "activity", "Alt+5", Place.PICTURES, "app.ui.timeline.pane", "TimelinePane",
          follows_run=True, is_heavy=True),
    Entry("tables", "Descriptor tables", "table", "Alt+6", Place.LISTS, "app.ui.panes.tables", "TablesPane"),
    Entry("callbacks", "Callbacks", "phone-incoming", "Alt+7", Place.LISTS, "app.ui.panes.callbacks",
          "CallbacksPane"),
    Entry("vectors", "Vectors", "arrow-left-right", "Alt+8", Place.LISTS, "app.ui.panes.vectors", "VectorsPane"),
    Entry("providers", "Providers", "link", "Alt+S", Place.PICTURES, "app.ui.panes.providers", "ProvidersPane"),
    Entry("drivers", "Drivers", "settings", "Alt+D", Place.PICTURES, "app.ui.panes.drivers", "DriversPane"),
    Entry("bookmarks", "Bookmarks", "bookmark", "Alt+B", Place.LISTS, "app.ui.panes.bookmarks", "BookmarksPane"),
    Entry("breakpoints", "Breakpoints", "circle-dot", "Alt+P", Place.PICTURES, "app.ui.panes.breakpoints",
          "BreakpointsPane"),
    Entry("compare", "Compare", "pin", "Alt+C", Place.PICTURES, "app.ui.panes.compare", "ComparePane"),
    Entry("branches", "Branches", "git-branch", "Alt+N", Place.PICTURES, "app.ui.panes.branches", "BranchesPane"),
    Entry("memory", "Memory", "memory-stick", "Alt+9", Place.CODE, "app.ui.panes.memory", "MemoryPane"),
    Entry("map", "Memory map", "layout-dashboard", "Alt+M", Place.CODE, "app.ui.panes.memory_map", "MemoryMapPane"),
    Entry("screen", "Screen", "monitor", "Alt+0", Place.CODE, "app.ui.panes.screen", "ScreenPane",
          follows_run=True),
)  # fmt: skip
"""All panes. No menu begins with the letter of a shortcut: File, Run, History, View, Help."""
