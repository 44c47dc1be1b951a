"""INT 31h: one module per group of the specification, every function a row of one table.

A service gets the host first, then what its register list says; it raises a failure of `host.failures`, or returns
what the list gives back. A service that first has to run real-mode code returns `PENDING`.
"""
