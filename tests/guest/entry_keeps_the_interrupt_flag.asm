; A client that enters with interrupts off finds them off.
; Rule: DPMI 0.9, mode switch entry: virtual IF = real-mode IF.
%include "guest.inc"
        cli
        call    enter_protected_mode
        dpmi    0902h
        test    al, al
        check   z, "virtual interrupt flag is off"
        pushf
        pop     ax
        sti
        dpmi    0902h
        cmp     al, 1
        check   e, "STI turns it on"
        pass
