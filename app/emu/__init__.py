"""The machine: processor, memory, devices, BIOS, DOS, DPMI host. No Qt, no debugger.

Where each DPMI concept lives, and the events that tell of it:

    detecting a host (INT 2Fh AX=1687h)     host/multiplex.py
    the switch to protected mode            host/entry.py             ClientEntered, ModeSwitched
    selectors, descriptors (00xxh)          host/tables.py, int31/descriptors.py   DescriptorChanged
    DOS memory (01xxh)                      int31/dos_memory.py
    vectors (02xxh)                         host/vectors.py, int31/vectors.py      VectorChanged
    reflection of interrupts                host/interrupts.py        InterruptReflected
    exceptions                              host/exceptions.py        ExceptionRaised
    calling real mode (0300h to 0302h)      host/translation.py       RealModeCalled, RealModeReturned
    real-mode callbacks (0303h, 0304h)      host/callbacks.py         CallbackEntered, CallbackReturned
    raw mode switch, state (0305h, 0306h)   host/raw_switch.py        ModeSwitched
    memory blocks, locking (05xxh, 06xxh)   host/memory_blocks.py, int31/pages.py  MemoryChanged
    pages of blocks (0504h to 0509h)        host/arena.py, int31/linear_memory.py  MemoryChanged
    virtual memory (--paging)               host/pager.py, circumstance.py  PageMissed
    debug watchpoints (0Bxxh)               watchpoint.py, cpu/watchpoints.py, int31/watchpoints.py  WatchpointHit
    shared memory, serialization (0Dxxh)    host/shared_memory.py, int31/shared_memory.py  MemoryChanged
    virtual interrupt flag (09xxh)          int31/virtual_interrupts.py            InterruptFlagChanged
    the four stacks, nesting                host/host.py              StackSwitched
    addresses where the host takes over     host/traps.py, rom.py
    the end of a client                     host/termination.py       ClientLeft, ProgramEnded
    what differs between hosts (--profile)  host/profile.py, host/profiles.py, host/client_tables.py
    resident service providers (0Cxxh)      host/providers.py         ResidentProviderInstalled, …Notified, …Removed
    INT 21h, 33h, 10h in protected mode     host/dos_api.py, dos_pointers.py, dos_exec.py, mouse_api.py, bios_api.py
    drivers in ring 0, their callbacks      vmm/                      VxdCallbackEntered, V86BreakpointHit
    any service by its number               int31/, or search for its number (0x0303)
"""
