; ioctl32: a Win32 program that opens a driver and sends it control codes: dpmiscope --vxd ioctl.vxd ioctl32.exe

%include "win32.inc"

start:  open_device name
        invoke  DeviceIoControl, [device], 1, 0, 0, answer, 4, count, 0
        test    eax, eax
        jz      failed
        say     [answer], " is the driver's version."
        invoke  DeviceIoControl, [device], 2, text, 5, answer, 8, count, 0
        test    eax, eax
        jz      failed
        say     [count], " letters were turned round in ring 0."
        cmp     dword [answer], "dniw"
        jne     failed
        invoke  DeviceIoControl, [device], 9, 0, 0, 0, 0, count, 0
        call    [GetLastError]
        say     eax, " is the error of an unknown code."
        invoke  CloseHandle, [device]
        invoke  ExitProcess, 0
failed: call    [GetLastError]
        invoke  ExitProcess, eax

        section .data
name    db      "\\.\IOCTL", 0
text    db      "swind"
        section .bss
answer  resb    8
count   resd    1
