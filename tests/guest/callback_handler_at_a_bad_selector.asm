; 0303h takes any handler address; a selector that is no code faults at the first call.
; Rule: reference 5.1: nothing is checked until use.
; expect: 123
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        mov     xsi, 0
        mov     xdi, structure
        push    ds
        mov     ax, [data_selector]
        mov     ds, ax
        dpmi    0303h
        pop     ds
        jc      refused
        mov     [callback], dx
        mov     [callback + 2], cx
        real_call procedure
        pass
refused:
        ud2                             ; refusing it is fine as well: end the way the other branch ends
procedure:
        call    far [callback]
        retf
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
