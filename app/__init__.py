"""dpmiscope: a debugger that shows how a DPMI program moves between real mode, protected mode and ring 0.

Three storeys; a file imports from its own storey or a lower one, never from a higher:

    ui      Qt: panes draw snapshots, the bridge owns the emulation thread
    debug   what a debugger adds: the session with its verbs, breakpoints, snapshots, sentences. No Qt
    emu     the machine: processor, memory, devices, BIOS, DOS, DPMI host. No Qt, no debugger

`cli` is the dpmiscope command and the only module that knows them all.
"""
