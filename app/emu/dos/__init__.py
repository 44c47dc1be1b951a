"""DOS 5.0 in Python: programs, memory blocks, files on a mounted folder, INT 21h and its neighbours.

Real-mode code enters through one HLT in ROM per interrupt (app/emu/rom.py). What a program can see of DOS lies in
guest memory as it does under real DOS: the chain of memory control blocks, PSPs, job file tables, environment, disk
transfer area, InDOS flag. The rest is plain Python values in one `Dos` object.
"""
