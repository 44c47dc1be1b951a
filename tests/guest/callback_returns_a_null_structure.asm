; The handler returns with ES null: the host cannot read a structure; the client gets the fault and, unhandled, ends.
; Rule: reference 5.4; G7.
; expect: 123
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
        xor     ax, ax
        mov     es, ax
        iretx
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
