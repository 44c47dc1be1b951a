; A handler that jumps to an address nobody has: the fault is the client's, unhandled, and ends it.
; Rule: reference 6.5.
; expect: 123
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
        jmp     far [cs:nowhere]
        section .data
nowhere dw      1234h, 0FFFFh
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
