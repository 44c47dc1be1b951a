; Bug C20: INT 21h AH=4Ch inside an exception handler.
; Rule: reference 9.2, 12 (C20).
; expect: 77 123
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        set_exception 6, handler
        ud2
        pass
handler:
        mov     ax, 4C00h + 77
        int     21h
        jmp     $
