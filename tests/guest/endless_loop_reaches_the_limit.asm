; A program that never ends is stopped by --max-instructions.
; Rule: interface.md, exit code 124.
; expect: 124
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        jmp     $
