; Bug C5: CS:IP is set but SP is not moved: the real-mode procedure's RETF finds the callback's return address.
; Rule: reference 5.3, 12 (C5).
; expect: 0 123 124
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf                            ; to the instruction behind the call again, then to the host
handler:
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        iretx
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
