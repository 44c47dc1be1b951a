; CS:IP in the structure points at zeros in high memory: real mode runs wild until something stops it.
; Rule: reference 12; the run ends with a stated reason.
; expect: 123 124
; options: --max-instructions 300000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
        mov     dword [es:xdi + rm.ip], 90001234h
        iretx
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
