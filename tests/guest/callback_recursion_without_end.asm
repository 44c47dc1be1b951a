; A callback that causes itself again: the stacks are finite, the run ends with a reason.
; Rule: reference 4.1 (L8), 4.4.
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
        mov     ds, [cs:data_selector]
        push    ds
        pop     es
        mov     xdi, regs
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        jmp     $
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
