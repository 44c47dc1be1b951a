"""Storey 3, Qt: the window. It asks the session through the bridge and draws the snapshots that come back.

`bridge` is the one place where threads meet, `main_window` puts the panes together, `actions` is the table of
everything the user can do, `panes` holds one file per pane, `theme` every colour and `format` every way to write a
number. Start reading at `application.run_window`.
"""
