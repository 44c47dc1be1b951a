; patch: a driver that patches a resident program (tsr.com) with a V86 breakpoint.
;
; tsr.com calls the V86 API with the address of a placeholder (a NOP) in ES:BX. When V86 code runs into it, Client_CS:IP
; is that address still, and the handler moves it on itself. Here it also does what the TSR should do: AX + 100.

%include "vxd.inc"
        driver  "PATCH   ", 7F11h, control, install, 0

control:
        cmp     eax, System_Exit
        jne     .fine
        mov     eax, [place]            ; breakpoints in memory of all VMs have to be gone by now
        test    eax, eax
        jz      .fine
        VMMCall Remove_V86_Break_Point
.fine:  clc
        ret

install:
        mov     ax, [ebp + Client_ES]
        shl     eax, 16
        mov     ax, [ebp + Client_BX]
        mov     edx, 100                ; reference data: handed to the handler in EDX
        mov     esi, handler
        VMMCall Install_V86_Break_Point
        jc      .failed
        mov     [place], eax
        and     byte [ebp + Client_EFlags], ~CF
        ret
.failed:
        or      byte [ebp + Client_EFlags], CF
        ret

handler:
        add     [ebp + Client_AX], dx
        inc     word [ebp + Client_IP]  ; behind the placeholder
        ret

        section .data
place   dd      0
