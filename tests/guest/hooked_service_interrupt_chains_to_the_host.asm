; A client may hook vector 31h itself; the default handler serves by jump or call.
; Rule: DPMI 0.9, INT 31h AX=0204h, 0205h; G8 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 31h, old
        set_vector 31h, spy
        dpmi    0003h
        check   nc, "0003h through the hook"
        cmp     ax, 8
        check   e, "its answer"
        mov     bx, 0FFFCh
        dpmi    0006h
        check   c, "0006h fails through the hook"
        mov     bx, ds
        dpmi    0006h
        check   nc, "and succeeds: CF arrives"
        restore_vector 31h, old
        cmp     byte [count], 4
        check   ae, "the hook saw them"
        pass
spy:    push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        pop     ds
        far_jump [cs:old]
        section .bss
old     resb    6
count   resb    1
