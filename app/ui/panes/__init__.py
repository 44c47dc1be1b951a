"""The panes, one file each, and the table of them."""
