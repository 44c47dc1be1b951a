; An exception nobody handles ends the program; dpmiscope says which and where.
; Rule: reference 6.5: exceptions 6 and 8-1Fh.
; expect: 123
%include "guest.inc"
        call    enter_protected_mode
        mov     ax, 0FFFCh
        mov     es, ax
        pass
