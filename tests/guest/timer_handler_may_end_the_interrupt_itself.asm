; A handler that acknowledges the interrupt controller and returns by IRET, without chaining.
; Rule: DPMI 0.9, hardware interrupts: either the handler or the chain sends the end of interrupt.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 8, old
        set_vector 8, timer
        wait_for ticks, 3
        cli
        restore_vector 8, old
        sti
        cmp     dword [ticks], 3
        check   ae, "ticks keep coming"
        pass
timer:  push    ds
        push    xax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        mov     al, 20h
        out     20h, al
        pop     xax
        pop     ds
        sti
        iretx
        section .bss
old     resb    6
        alignb  4
ticks   resd    1
