; The code a client ends with is the command's.
; Rule: interface.md, exit codes.
; expect: 122
%include "guest.inc"
        call    enter_protected_mode
        mov     ax, 4C00h + 122
        int     21h
