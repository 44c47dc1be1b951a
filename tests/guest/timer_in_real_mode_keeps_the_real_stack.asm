; Rule R3: the real-mode part of a hardware interrupt runs on the real-mode stack of the moment, the one given to 0301h.
; Rule R2: a handler that calls real mode goes on below it.
; Rule: DPMI 0.9, section on stacks.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 1Ch, old_real
        set_real_vector 1Ch, tick
        get_vector 8, old
        set_vector 8, timer
        mov     ax, [real_segment]
        mov     [regs + rm.cs], ax
        mov     [regs + rm.ds], ax
        mov     [regs + rm.ss], ax
        mov     word [regs + rm.sp], own_stack_top
        mov     word [regs + rm.ip], procedure
        mov     word [regs + rm.flags], 202h
        mov     xdi, regs
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        check   nc, "0301h"
        cli
        restore_vector 8, old
        sti
        restore_real_vector 1Ch, old_real
        cmp     dword [ticks], 2
        check   ae, "ticks came"
        mov     ax, [tick_ss]
        cmp     ax, [real_segment]
        check   e, "the BIOS's handler runs on the stack of the interrupted code: SS"
        cmp     word [tick_sp], own_stack_top
        check   b, "below its top"
        cmp     word [tick_sp], own_stack_top - 180h
        check   ae, "and near it"
        mov     ax, [inner_ss]
        cmp     ax, [real_segment]
        check   e, "so does what the protected-mode handler calls: SS"
        cmp     word [inner_sp], own_stack_top
        check   b, "below the interrupted code's SP"
        cmp     word [inner_sp], own_stack_top - 180h
        check   ae, "and near it"
        cmp     byte [damaged], 0
        check   e, "the interrupted stack is whole"
        pass
procedure:
        push    dword 12345678h
.spin:  cmp     dword [ticks], 2
        jb      .spin
        pop     eax
        cmp     eax, 12345678h
        je      .end
        inc     byte [damaged]
.end:   retf
timer:  push    ds
        push    es
        pushad
        mov     ds, [cs:data_selector]
        mov     es, [cs:data_selector]
        inc     dword [ticks]
        mov     ax, [real_segment]
        mov     [inner_call + rm.cs], ax
        mov     word [inner_call + rm.ip], inner
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
inner:  mov     [cs:inner_ss], ss
        mov     [cs:inner_sp], sp
        retf
tick:   mov     [cs:tick_ss], ss
        mov     [cs:tick_sp], sp
        iret
        section .bss
old     resb    6
        alignb  4
old_real resd   1
ticks   resd    1
tick_ss resw    1
tick_sp resw    1
inner_ss resw   1
inner_sp resw   1
damaged resb    1
        alignb  4
inner_call resb rm_size
        alignb  4
        resb    400h
own_stack_top:
