; A tick that arrives while a handler runs with interrupts on uses the stack in use; a stack of the handler's own counts.
; Rule: DPMI 0.9, section on stacks; L2 and L4 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        get_vector 8, old
        set_vector 8, timer
        real_call procedure
        cmp     dword [ticks], 1
        check   ae, "a tick came"
        mov     ax, [timer_ss]
        cmp     ax, [handler_ss]
        check   e, "on the handler's stack"
        mov     eax, [timer_sp]
        cmp     eax, [handler_sp]
        check   b, "below the handler's position"
        cmp     byte [timer_if], 0
        check   e, "with interrupts off"
        mov     byte [own_stack], 1
        real_call procedure
        mov     ax, [timer_ss]
        cmp     ax, [data_selector]
        check   e, "on the handler's own stack: SS"
        mov     eax, [timer_sp]
        cmp     eax, own_stack_top
        check   b, "below its top"
        cmp     eax, own_stack_top - 100h
        check   ae, "and near it"
        mov     dword [ticks], 0
        mov     byte [noted], 0
        wait_for ticks, 1
        mov     ax, [timer_ss]
        cmp     ax, [stack_selector]
        check   ne, "afterwards ticks switch to the locked stack again"
        cmp     ax, [handler_ss_first]
        check   e, "the same as ever"
        restore_vector 8, old
        pass
procedure:
        call    far [callback]
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        mov     ds, [cs:data_selector]
        mov     [saved_ss], ss
        mov     [saved_sp], xsp
        cmp     byte [own_stack], 0
        je      .stay
        mov     ss, [data_selector]
        mov     xsp, own_stack_top
        jmp     .go
.stay:  mov     [handler_ss_first], ss
.go:    mov     [handler_ss], ss
        xor     eax, eax
        mov     xax, xsp
        mov     [handler_sp], eax
        mov     dword [ticks], 0
        mov     byte [noted], 0
        sti
        wait_for ticks, 2
        cli
        mov     ss, [saved_ss]
        mov     xsp, [saved_sp]
        iretx
timer:  push    ds
        push    xax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        cmp     byte [noted], 0
        jne     .chain
        mov     byte [noted], 1
        mov     [timer_ss], ss
        xor     eax, eax
        mov     xax, xsp
        mov     [timer_sp], eax
        mov     ax, 0902h
        int     31h
        mov     [timer_if], al
.chain: pop     xax
        pop     ds
        far_jump [cs:old]
        section .bss
old     resb    6
        alignb  4
callback resd   1
ticks   resd    1
timer_sp resd   1
handler_sp resd 1
saved_sp resd   1
saved_ss resw   1
timer_ss resw   1
handler_ss resw 1
handler_ss_first resw 1
timer_if resb   1
noted   resb    1
own_stack resb  1
        alignb  4
structure resb  rm_size
        alignb  4
        resb    200h
own_stack_top:
