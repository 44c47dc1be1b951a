"""What CONFIG.SYS loads on a PC of the time, here in ROM: the drivers of mouse (INT 33h) and extended memory (XMS).

A driver is a component of the machine with a table of functions, like the BIOS; what a program can change of it is in
one picklable object.
"""
