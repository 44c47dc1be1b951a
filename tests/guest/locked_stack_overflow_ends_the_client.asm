; Bug C9: a handler pushes more than the locked stack holds.
; Rule: reference 4.1 (L8), 12 (C9).
; expect: 123
; options: --max-instructions 5000000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
.push:  push    ax
        jmp     .push
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
