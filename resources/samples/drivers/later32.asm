; later32: loads a driver, asks it, lets it go, and does so again: dpmiscope --vxd ioctl.vxd later32.exe
;
; later.vxd has to be in the folder that is drive C:.

%include "win32.inc"

start:  call    ask
        call    ask
        invoke  ExitProcess, 0

ask:    open_device name
        invoke  DeviceIoControl, [device], 1, 0, 0, answer, 4, 0, 0
        invoke  CloseHandle, [device]
        say     [answer], " times it was loaded."
        ret

        section .data
name    db      "\\.\LATER.VXD", 0
        section .bss
answer  resd    1
