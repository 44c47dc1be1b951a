; A client that enters with interrupts on finds them on.
; Rule: DPMI 0.9, mode switch entry: virtual IF = real-mode IF.
%include "guest.inc"
        sti
        call    enter_protected_mode
        dpmi    0902h
        cmp     al, 1
        check   e, "virtual interrupt flag is on"
        pass
