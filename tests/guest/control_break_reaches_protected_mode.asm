; INT 23h from real mode: IRET continues the program; RETF is passed on as RETF, with CF telling DOS whether to abort.
; Rule: DPMI 0.9, INT 23h. DOS tells the two apart by the FLAGS word that RETF leaves on its stack.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 23h, old
        set_vector 23h, by_iret
        real_call procedure
        cmp     byte [count], 1
        check   e, "one entry"
        cmp     word [left], 0
        check   e, "IRET: the real-mode stack is balanced"
        set_vector 23h, by_retf
        real_call procedure
        cmp     byte [count], 2
        check   e, "a second entry"
        cmp     word [left], 2
        check   e, "RETF: the FLAGS word stays on the real-mode stack"
        cmp     byte [carry], 0
        check   e, "RETF with CF = 0: go on"
        mov     byte [abort], 1
        real_call procedure
        cmp     word [left], 2
        check   e, "RETF again: the FLAGS word stays"
        cmp     byte [carry], 1
        check   e, "RETF with CF = 1: abort"
        restore_vector 23h, old
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on"
        pass
procedure:
        mov     bp, sp
        int     23h
        setc    byte [carry]
        mov     [left], bp
        sub     [left], sp
        mov     sp, bp
        sti
        retf
by_iret:
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        pop     ds
        iretx
by_retf:
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        cmp     byte [abort], 1         ; below 1: CF
        cmc
        pop     ds
        retfx
        section .bss
old     resb    6
left    resw    1
count   resb    1
carry   resb    1
abort   resb    1
