; UD2 without a handler ends the program.
; Rule: reference 6.5: exception 6 terminates.
; expect: 123
%include "guest.inc"
        call    enter_protected_mode
        ud2
        pass
