; A protected-mode timer handler, itself on the locked stack, calls real mode, which calls a callback.
; Rule: DPMI 0.9, section on stacks; L2, L5 and R2 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        get_vector 8, old
        set_vector 8, timer
        wait_for callbacks, 2
        restore_vector 8, old
        cmp     dword [callbacks], 2
        check   ae, "the callback ran at every tick"
        mov     ax, [timer_ss]
        cmp     ax, [stack_selector]
        check   ne, "the timer's handler ran on the locked stack"
        cmp     ax, [callback_ss]
        check   e, "and so did the callback's"
        mov     eax, [callback_sp]
        cmp     eax, [timer_sp]
        check   b, "below it"
        mov     dword [ticks], 0
        get_vector 8, old
        set_vector 8, timer
        real_call wait_in_real_mode
        restore_vector 8, old
        cmp     dword [ticks], 2
        check   ae, "ticks that interrupt real mode"
        mov     eax, [callbacks]
        cmp     eax, 4
        check   ae, "reach the callback as well"
        cmp     byte [damaged], 0
        check   e, "and the interrupted real-mode code's registers and stack are whole"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on"
        pass
wait_in_real_mode:
        push    word 1234h
        mov     edx, 0D1D1D1D1h
        mov     ecx, 3000000
.spin:  cmp     dword [ticks], 2
        jae     .done
        dec     ecx
        jnz     .spin
.done:  pop     ax
        cmp     ax, 1234h
        jne     .bad
        cmp     edx, 0D1D1D1D1h
        je      .good
.bad:   inc     byte [damaged]
.good:  retf
timer:  push    ds
        push    es
        pushad
        mov     ds, [cs:data_selector]
        mov     es, [cs:data_selector]
        inc     dword [ticks]
        mov     [timer_ss], ss
        xor     eax, eax
        mov     xax, xsp
        mov     [timer_sp], eax
        mov     ax, [real_segment]
        mov     [inner_call + rm.cs], ax
        mov     [inner_call + rm.ds], ax
        mov     word [inner_call + rm.ip], procedure
        mov     word [inner_call + rm.flags], 2
        mov     dword [inner_call + rm.sp], 0
        mov     xdi, inner_call
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        popad
        pop     es
        pop     ds
        far_jump [cs:old]
procedure:
        call    far [callback]
        retf
handler:
        cld
        mov     fs, [cs:data_selector]
        inc     dword [fs:callbacks]
        mov     [fs:callback_ss], ss
        xor     eax, eax
        mov     xax, xsp
        mov     [fs:callback_sp], eax
        callback_return
        section .bss
old     resb    6
        alignb  4
callback resd   1
callbacks resd  1
ticks   resd    1
timer_sp resd   1
callback_sp resd 1
timer_ss resw   1
callback_ss resw 1
damaged resb    1
        alignb  4
structure resb  rm_size
inner_call resb    rm_size
