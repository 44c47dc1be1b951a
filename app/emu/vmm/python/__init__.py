"""Device drivers written in Python, for lessons and tests: `--vxd lesson.py`.

A driver is a file with one class derived from `Driver` (`driver.py`, which says all that its author has to know). In
the guest's memory it is a page (`device.py`): the DDB, an INT 20h for each procedure, and room for data. Whoever calls
a procedure comes to its INT 20h in ring 0; there the manager runs the method (`running.py`) and does the near RET.

* The machine's loop is not entered again from Python. A service that runs other code is the last thing a method does;
  it names the method that goes on afterwards. The driver waits at that one, as if the service's INT 20h stood in front.
* What a driver keeps is its attributes, plain values in the machine's state. Nothing else lasts: its file is executed
  anew for each procedure (`source.py`), so that checkpoints and going back hold for it as for everything.
* What goes wrong in it, an endless loop included, ends its VM with a report that names file and line.
"""

from app.emu.vmm.python.driver import Driver, ServiceRefused

__all__ = ["Driver", "ServiceRefused"]
