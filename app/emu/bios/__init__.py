"""The BIOS: interrupts 05h-1Ch and 40h-77h as programs know them from an AT with a VGA.

The interrupt handlers that programs chain to (08h, 09h, 70h …) are real code in ROM with a trap in the middle; the
services (10h-1Ah) are traps alone. `bios.py` installs both; `video`, `keyboard`, `time_of_day` and `system` hold the
services as tables; everything they know lives in the BIOS data area at 0040:0000, where programs look for it.
"""
