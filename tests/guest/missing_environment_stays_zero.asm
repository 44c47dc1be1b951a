; A client that has freed its environment before the switch finds zero, not a selector.
; Rule: DPMI 0.9, mode switch entry: PSP:002Ch zero is left alone.
%include "guest.inc"
        mov     es, [2Ch]
        mov     ah, 49h
        int     21h
        push    cs
        pop     es
        mov     word [2Ch], 0
        call    enter_protected_mode
        mov     es, [psp_selector]
        cmp     word [es:2Ch], 0
        check   e, "PSP:2Ch is zero"
        pass
