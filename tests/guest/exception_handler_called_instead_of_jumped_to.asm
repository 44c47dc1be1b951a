; Bug C22: the previous exception handler is CALLed; the host's frame lies deeper than it thinks.
; Rule: reference 12 (C22): never call the previous handler.
; expect: 0 123 124
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        mov     bl, 0Dh
        dpmi    0202h
        mov     [old], xdx
        mov     [old + W], cx
        set_exception 0Dh, handler
        mov     ax, 0FFFCh
        mov     es, ax
        pass
handler:
        far_call [cs:old]
        retfx
        section .bss
old     resb    6
