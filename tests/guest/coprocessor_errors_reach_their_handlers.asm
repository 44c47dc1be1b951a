; Floating-point exceptions: exception 10h in protected mode; IRQ 13 for who hooked INT 75h and for real mode, where the
; BIOS makes INT 02h of it.
; Rule: DPMI 0.9, INT 31h AX=0203h; IBM AT Technical Reference: IRQ 13, port F0h, INT 75h calls INT 02h.
%include "guest.inc"
        call    enter_protected_mode
        fninit
        fldcw   [unmasked]
        mov     bl, 10h
        dpmi    0202h
        mov     [first_handler], xdx
        mov     [first_handler + W], cx
        set_exception 10h, exception_handler
        check   nc, "0203h"
        call    divide
        cmp     byte [exceptions], 1
        check   e, "exception 10h once"
        get_vector 75h, old_vector
        mov     bl, 10h                 ; no handler of ours: back to the host's default
        mov     cx, [first_handler + W]
        mov     xdx, [first_handler]
        dpmi    0203h
        check   nc, "the default handler again"
        set_vector 75h, interrupt_handler
        call    divide
        cmp     byte [interrupts], 1
        check   e, "INT 75h once"
        restore_vector 75h, old_vector
        real_call ignored
        cmp     word [answer], 3F80h
        check   e, "real mode without a handler goes on"
        get_real_vector 2, old_real
        set_real_vector 2, nmi_handler
        real_call hooked
        restore_real_vector 2, old_real
        cmp     byte [nmis], 1
        check   e, "INT 02h once"
        cmp     byte [seen_zero_divide], 4
        check   e, "it finds the zero divide in the status word"
        fninit
        pass

divide: fld1
        fldz
        fdivp   st1
        fwait
        fninit
        fldcw   [unmasked]
        ret

exception_handler:
        fnclex
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [exceptions]
        pop     ds
        retfx

interrupt_handler:
        push    ds
        push    xax
        mov     ds, [cs:data_selector]
        inc     byte [interrupts]
        xor     al, al
        out     0F0h, al
        fnclex
        mov     al, 20h
        out     0A0h, al
        out     20h, al
        pop     xax
        pop     ds
        sti
        iretx

ignored:
        call    divide
        fld1
        fstp    dword [answer - 2]
        retf

hooked: call    divide
        retf

nmi_handler:
        push    ax
        inc     byte [cs:nmis]
        fnstsw  ax
        and     al, 4
        mov     [cs:seen_zero_divide], al
        fnclex
        pop     ax
        iret

        section .data
unmasked dw     037Bh                   ; zero divide
        section .bss
first_handler resb 6
old_vector resb 6
old_real resd   1
        resw    1
answer  resw    1
exceptions resb 1
interrupts resb 1
nmis    resb    1
seen_zero_divide resb 1
