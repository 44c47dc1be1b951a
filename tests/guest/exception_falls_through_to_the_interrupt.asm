; Without an exception handler, exceptions 0-5 and 7 go to the protected-mode interrupt vector of the same number.
; Rule: DPMI 1.0, order of exception handlers (appendix C).
%include "guest.inc"
        call    enter_protected_mode
        get_vector 3, old3
        set_vector 3, handler3
        db      0CCh
        restore_vector 3, old3
        cmp     byte [count], 1
        check   e, "INT3 (CC) reaches the interrupt vector"
        get_vector 0, old0
        set_vector 0, handler0
        mov     cx, 0
        div     cx
        restore_vector 0, old0
        cmp     byte [count], 2
        check   e, "a divide error reaches interrupt vector 0"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on"
        mov     bl, 3
        dpmi    0202h
        mov     [old_exception], xdx
        mov     [old_exception + W], cx
        set_exception 3, chain
        get_vector 3, old3
        set_vector 3, handler3
        db      0CCh
        restore_vector 3, old3
        cmp     byte [count], 4
        check   e, "an exception handler that jumps to its predecessor ends there as well"
        pass
chain:  push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        pop     ds
        far_jump [cs:old_exception]
handler3:
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        pop     ds
        sti
        iretx
handler0:
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        pop     ds
        mov     cx, 1                   ; restarted by the IRET: it divides now
        mov     dx, 0
        sti
        iretx
        section .bss
old0    resb    6
        alignb  4
old3    resb    6
        alignb  4
old_exception resb 6
count   resb    1
