; A handler that returns without removing the cause: the instruction faults for ever.
; Rule: DPMI 0.9, exceptions: the faulting instruction is executed again.
; expect: 124
; options: --max-instructions 5000
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0Dh, handler
        mov     ax, 0FFFCh
        mov     es, ax
        pass
handler:
        retfx
