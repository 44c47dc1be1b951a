; In a callback the host keeps state of real mode; 0305h saves it around raw switches, and the callback returns.
; Rule: DPMI 0.9, INT 31h AX=0305h, 0306h: AL = 0 save, 1 restore, ES:(E)DI buffer; no register is changed.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        xor     edi, edi
        dpmi    0306h
        mov     [to_protected], cx
        mov     [to_protected + 2], bx
        mov     [to_real], xdi
        mov     [to_real + W], si
        xor     edi, edi
        dpmi    0305h
        check   nc, "0305h"
        cmp     ax, 256
        check   be, "a small buffer"
        mov     [state], xdi
        mov     [state + W], si
        mov     [real_state], cx
        mov     [real_state + 2], bx
        mov     [size], ax
        mov     edi, 0F1F1F1F1h
        mov     ebx, 0B1B1B1B1h
        mov     xdi, buffer
        mov     byte [buffer + 256], 55h
        mov     al, 0
        far_call [state]
        mov     al, 1
        far_call [state]
        cmp     ebx, 0B1B1B1B1h
        check   e, "the routine keeps registers"
        mov     ax, es
        cmp     ax, [data_selector]
        check   e, "and segment registers"
        cmp     byte [buffer + 256], 55h
        check   e, "and stays in its buffer"
        real_call procedure
        cmp     byte [visits], 1
        check   e, "the raw switch went to real mode"
        cmp     word [regs + rm.eax], 5678h
        check   e, "and the callback returned to its caller"
        cmp     byte [unbalanced], 0
        check   e, "with the stack balanced"
        real_call procedure2
        cmp     byte [visits], 2
        check   e, "the real-mode state routine can be called in real mode"
        pass
procedure:
        mov     bp, sp
        mov     ax, 1234h
        call    far [callback]
        cmp     bp, sp
        je      .same
        inc     byte [unbalanced]
.same:  retf
procedure2:
        push    cs
        pop     es
        mov     di, buffer
        mov     al, 0
        call    far [real_state]
        mov     al, 1
        call    far [real_state]
        inc     byte [visits]
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        mov     word [es:xdi + rm.eax], 5678h
        mov     ds, [cs:data_selector]
        push    es
        push    xdi
        push    ds
        pop     es
        mov     xdi, buffer
        mov     al, 0
        far_call [state]
        mov     [stack], xsp
        mov     [stack_ss], ss
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        xor     ebx, ebx
        mov     bx, real_stack_top
        mov     si, ax
        mov     xdi, real_side
        far_jump [to_real]
real_side:
        inc     byte [visits]
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [stack_ss]
        mov     ebx, [stack]
        mov     si, [code_selector]
        mov     edi, protected_side
        jmp     far [to_protected]
protected_side:
        mov     xdi, buffer
        mov     al, 1
        far_call [state]
        pop     xdi
        pop     es
        iretx
        section .bss
to_protected resd 1
to_real resb    6
        alignb  4
state   resb    6
        alignb  4
real_state resd 1
stack   resd    1
callback resd   1
stack_ss resw   1
size    resw    1
visits  resb    1
unbalanced resb 1
        alignb  4
structure resb  rm_size
        alignb  4
buffer  resb    257
        alignb  4
        resb    200h
real_stack_top:
