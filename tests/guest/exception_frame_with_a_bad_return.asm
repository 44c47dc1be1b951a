; A handler that writes an impossible CS into the frame.
; Rule: reference 3.4; the fault is the client's again, unhandled, and ends it.
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
        mov     word [ss:xbp + W + frame_cs], 0
        pop     xbp
        retfx
