; later: a driver that is loaded while a program runs, by CreateFile("\\.\LATER.VXD"), and unloaded by CloseHandle.
;
; Its initialisation (.itext) is freed when it has run. The section .static stays when the driver goes, so that it can
; count how often it was loaded. Code 1: that number, a dword.

%include "vxd.inc"
        driver  "LATER   ", 7F15h, control, 0, 0

control:
        cmp     eax, Sys_Dynamic_Device_Init
        je      init
        cmp     eax, W32_DeviceIoControl
        je      ioctl
        clc                             ; Sys_Dynamic_Device_Exit too: it may go
        ret

ioctl:  cmp     dword [esi + dwIoControlCode], 1
        jne     .done
        mov     edi, [esi + lpvOutBuffer]
        mov     eax, [loaded]
        mov     [edi], eax
.done:  xor     eax, eax
        ret

        section .itext
init:   inc     dword [loaded]
        clc
        ret

        section .static
loaded  dd      0
