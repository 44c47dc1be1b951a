; wcall32: a Win32 program that calls a driver as DOS and DPMI programs do: dpmiscope --vxd ioctl.vxd wcall32.exe
;
; INT 2Fh AX=1684h gives it no address. Even with one, which the driver hands it, the far call ends the program.

%include "win32.inc"

start:  mov     ax, 1684h
        mov     bx, 7F14h
        push    es
        int     2Fh
        pop     es
        say     edi, " is the offset of the API: there is none for Win32 programs."
        open_device name
        invoke  DeviceIoControl, [device], 3, 0, 0, entry, 4, 0, 0
        movzx   eax, word [entry]
        movzx   ecx, word [entry + 2]
        mov     [entry], eax
        mov     [entry + 4], ecx
        call    far [entry]             ; the callback: refused
        say     1, " must not be printed."
        invoke  ExitProcess, 0

        section .data
name    db      "\\.\IOCTL", 0
        section .bss
entry   resd    2
