"""The run as a picture over time. Importing it costs pyqtgraph and numpy: the window does so after its first paint."""
