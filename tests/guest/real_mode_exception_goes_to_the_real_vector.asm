; An exception of real mode that nobody took in protected mode runs the handler in the interrupt table.
; Rule: DPMI 1.0, default handling of real-mode exceptions.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 6, old6
        set_real_vector 6, invalid
        get_real_vector 0, old0
        set_real_vector 0, divide
        real_call procedure
        restore_real_vector 6, old6
        restore_real_vector 0, old0
        cmp     word [regs + rm.eax], 11h
        check   e, "both handlers ran and returned"
        pass
procedure:
        xor     ax, ax
        ud2
        push    ax
        xor     cx, cx
        div     cl
        pop     bx
        add     ax, bx
        retf
invalid:
        push    bp
        mov     bp, sp
        add     word [bp + 2], 2
        inc     ax
        pop     bp
        iret
divide: push    bp
        mov     bp, sp
        add     word [bp + 2], 2
        mov     ax, 10h
        pop     bp
        iret
        section .bss
old6    resd    1
old0    resd    1
