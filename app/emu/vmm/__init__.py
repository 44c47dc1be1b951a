"""The Virtual Machine Manager: device drivers (VxDs) that run in ring 0, their callbacks and V86 breakpoints.

It is there when drivers were loaded (`--vxd`), beside the DPMI host and for the same programs.

* Who knows whom: the manager (`manager.py`, attribute `vmm` of the machine's state) knows the machine and the host and
  is built on the host's levels. The machine, and the host where both answer a question, ask it at the doors that lead
  into ring 0: an ARPL byte in V86 mode (#UD), an INT 30h in the break segment, INT 2Fh, an INT with a hook, and
  whatever ring-0 code does.
* Virtual machines: the System VM, in which nothing runs but the drivers' initialisation, and one more for the
  programs. A VM handle is the linear address of its control block in guest memory (`control_block.py`).
* Entering ring 0 (`core.py`): the context of ring 3 becomes a `Ring0Level`. Its frame on the ring-0 stack is the
  client register structure (`client_registers.py`); EBP points at it. Driver code runs below it on the same stack, in
  flat segments, stepped, counted and faulting like all other code. It is entered by a near call whose return address
  is a UD2 of the manager's (`RETURN`), and nobody interrupts it: requests wait until ring 3 goes on.
* A `Call` is a driver's procedure in progress, with a `Sequel`: what the manager does when it has returned. Calls and
  nested execution (`Nest`) are kept in their level, so whoever drops a level drops them.
* A service is INT 20h with a dword behind it (`dynalink.py`); every service is a row of a table (`services/`). What
  rows work on: `schedule.py` (events, time-outs, critical section), `storage.py` (heap, pages, areas), `lists.py`,
  `faults.py` and `ports.py` (what ring 3 does and drivers have hooked).
* Nested execution (Resume_Exec): ring 0 itself becomes a `NestedLevel`, and the client registers run until they
  reach the address of their `Nest`.
* Addresses ring 3 can reach (`breaks.py`): one ARPL byte in the ROM under many segments, and INT 30h in the segment
  003Bh. 200 of them and of the V86 breakpoints are one pool (MaxBPs); those of Call_When_VM_Returns and of nested
  execution are the manager's own and used again.
* Far returns: before the procedure of a callback runs, the manager simulates the far return of the call that reached
  it (policy `ddk95`); with `classic` that is left to the procedure, as in published drivers. API procedures of INT 2Fh
  AX=1684h are always entered behind the call, and a callback reached by INT never is. The handler of a V86 breakpoint
  moves Client_IP itself.
* Drivers written in Python (`python/`) are pages of guest memory whose procedures lead to the manager.
* Drivers come, shrink and go (`loading.py`): before the first program, or for Win32 programs (`win32/`), which reach
  them by messages and not by callbacks.
* What a driver does wrong and may go on with is told as a finding (`findings.py`).
* What a driver must not do (fault, unknown service, unbalanced stack, a processor's system register) ends the
  program's VM with a report. The manager sends no more messages to drivers then.

Source: the reference on VMM breakpoints and callbacks, named in comments as "VMM" with its section.
"""
