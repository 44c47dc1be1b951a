; A real-mode procedure returns with RETF 4 and so takes the caller's words: SP is wrong at the return.
; Rule: reference 2.4, R6: SP after the call is discarded.
; expect: 0 123
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        mov     [sp_before], xsp
        real_call procedure
        cmp     xsp, [sp_before]
        check   e, "the protected-mode stack is right all the same"
        real_call procedure
        pass
procedure:
        retf    4
        section .bss
sp_before resd  1
