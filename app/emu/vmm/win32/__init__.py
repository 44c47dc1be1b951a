"""Win32 console programs beside drivers: just enough of them to show how such a program reaches a VxD (VMM 6).

A program is a client of its own kind: flat 32-bit selectors (base 0, limit 4 GiB), no DPMI, no interrupts. It is loaded
as DOS loads programs, with a PSP; its first instruction leads to `process.begin`, which makes it a client and places
the PE image (`pe.py`), its stack and a page of thunks. Each function it imports is a thunk that far-calls one INT 30h
of the break segment: the manager takes both return addresses off the stack and performs it (`kernel32.py`). Programs
reach drivers by CreateFile, DeviceIoControl and CloseHandle (`devices.py`), never by the callbacks that DOS and DPMI
programs call (`refusals.py`).
"""
