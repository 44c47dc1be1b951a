; A handler that raises the exception it handles: the locked stack fills, the run ends with a reason.
; Rule: reference 4.1 (L8).
; expect: 123
; options: --max-instructions 5000000
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0Dh, handler
        mov     ax, 0FFFCh
        mov     es, ax
        pass
handler:
        mov     ax, 0FFFCh
        mov     es, ax
        retfx
