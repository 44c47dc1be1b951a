; A handler that writes an impossible SS into the frame.
; Rule: reference 3.4.
; expect: 123 124
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        set_exception 6, handler
        ud2
        pass
handler:
        push    xbp
        mov     xbp, xsp
        mov     word [ss:xbp + W + frame_ss], 0FFFCh
        pop     xbp
        retfx
