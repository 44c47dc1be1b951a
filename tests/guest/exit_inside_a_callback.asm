; Bug C20: INT 21h AH=4Ch inside a callback. It is forbidden; the run ends all the same.
; Rule: reference 9.2, 12 (C20).
; expect: 77 123
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
        mov     ax, 4C00h + 77
        int     21h
        jmp     $
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
