; Raw switches save nothing: a thousand of them use no stack at all.
; Rule: DPMI 0.9, INT 31h AX=0306h.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        mov     eax, [seen]
        mov     [seen_first], eax
        xor     edi, edi
        dpmi    0306h
        mov     [to_protected], cx
        mov     [to_protected + 2], bx
        mov     [to_real], xdi
        mov     [to_real + W], si
        mov     [stack], xsp
        mov     word [left], 1000
round:  mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        xor     ebx, ebx
        mov     bx, real_stack_top
        mov     si, ax
        mov     xdi, real_side
        far_jump [to_real]
real_side:
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_selector]
        mov     ebx, [stack]
        mov     si, [code_selector]
        mov     edi, protected_side
        jmp     far [to_protected]
protected_side:
        dec     word [left]
        jnz     round
        real_call procedure
        mov     eax, [seen]
        cmp     eax, [seen_first]
        check   e, "a callback finds the locked stack as at the beginning"
        cmp     word [regs + rm.eax], 77h
        check   e, "and returns"
        pass
procedure:
        call    far [callback]
        mov     ax, 77h
        retf
handler:
        cld
        mov     fs, [cs:data_selector]
        xor     eax, eax
        mov     xax, xsp
        mov     [fs:seen], eax
        callback_return
        section .bss
to_protected resd 1
to_real resb    6
        alignb  4
stack   resd    1
callback resd   1
seen    resd    1
seen_first resd 1
left    resw    1
        alignb  4
structure resb  rm_size
        alignb  4
        resb    200h
real_stack_top:
