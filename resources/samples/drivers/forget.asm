; forget: as patch, but the handler forgets to move Client_IP. The breakpoint is hit again at once, and again.
;
; Each v86_breakpoint_hit event says `"advanced": false`; at the third hit in a row the VM is ended with a report.

%include "vxd.inc"
        driver  "FORGET  ", 7F11h, control, install, 0

control:
        clc
        ret

install:
        mov     ax, [ebp + Client_ES]
        shl     eax, 16
        mov     ax, [ebp + Client_BX]
        mov     esi, handler
        VMMCall Install_V86_Break_Point
        ret

handler:
        add     word [ebp + Client_AX], 100
        ret                             ; Client_CS:IP is the breakpoint still
