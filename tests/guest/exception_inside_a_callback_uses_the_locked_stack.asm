; An exception in a callback handler pushes its frame below the handler's position; after both, the stack is released.
; Rule: DPMI 0.9, section on stacks; L2 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0, divide
        callback_alloc handler, structure, callback
        real_call procedure
        cmp     byte [count], 1
        check   e, "one exception"
        mov     ax, [divide_ss]
        cmp     ax, [handler_ss]
        check   e, "on the stack of the callback"
        mov     eax, [divide_sp]
        cmp     eax, [handler_sp]
        check   b, "below its position"
        cmp     word [regs + rm.eax], 4321h
        check   e, "the callback returns"
        mov     cx, 0
        div     cx
        cmp     byte [count], 2
        check   e, "an exception of the application afterwards"
        mov     eax, [divide_sp]
        cmp     eax, [handler_sp]
        check   ne, "starts at the locked stack's top again"
        mov     ax, ss
        cmp     ax, [stack_selector]
        check   e, "SS"
        pass
procedure:
        call    far [callback]
        retf
handler:
        cld
        mov     fs, [cs:data_selector]
        mov     [fs:handler_ss], ss
        sub     xsp, 40h
        xor     eax, eax
        mov     xax, xsp
        mov     [fs:handler_sp], eax
        xor     cx, cx
        div     cx
        add     xsp, 40h
        mov     word [es:xdi + rm.eax], 4321h
        callback_return
divide: push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     byte [count]
        mov     [divide_ss], ss
        xor     eax, eax
        mov     xax, xsp
        mov     [divide_sp], eax
        add     word [ss:xbp + W + frame_ip], 2
        pop     eax
        pop     ds
        pop     xbp
        retfx
        section .bss
callback resd   1
handler_sp resd 1
divide_sp resd  1
handler_ss resw 1
divide_ss resw  1
count   resb    1
        alignb  4
structure resb  rm_size
