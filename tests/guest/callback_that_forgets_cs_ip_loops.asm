; Bug C4: the handler leaves CS:IP of the structure alone, so real mode enters the callback again, for ever.
; Rule: reference 5.3, 12 (C4), T8.
; expect: 124
; options: --max-instructions 5000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
        iretx
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
