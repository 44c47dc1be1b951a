; ES:(E)DI beyond the segment's limit: as with ES null.
; Rule: reference 5.4; G7.
; expect: 123
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        call    new_selector
        mov     [small], bx
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
        mov     es, [cs:small]
        xor     xdi, xdi
        iretx
        section .bss
callback resd   1
small   resw    1
        alignb  4
structure resb  rm_size
