; INT 24h from real mode: the handler sees AX, DI, BP, SI; its AL goes back.
; Rule: DPMI 0.9, INT 24h.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 24h, old
        set_vector 24h, handler
        real_call procedure
        restore_vector 24h, old
        cmp     byte [count], 1
        check   e, "one entry"
        cmp     word [seen_ax], 1A02h
        check   e, "AX"
        cmp     word [seen_di], 000Ch
        check   e, "DI"
        cmp     word [seen_si], 5678h
        check   e, "SI"
        cmp     word [seen_bp], 1234h
        check   e, "BP"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "on the locked stack"
        cmp     byte [regs + rm.eax], 3
        check   e, "AL goes back"
        pass
procedure:
        mov     ax, 1A02h               ; fail and ignore allowed
        mov     di, 000Ch
        mov     si, 5678h
        mov     bp, 1234h
        int     24h
        retf
handler:
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        mov     [seen_ax], ax
        mov     [seen_di], di
        mov     [seen_si], si
        mov     [seen_bp], bp
        mov     [seen_ss], ss
        pop     ds
        mov     al, 3
        iretx
        section .bss
old     resb    6
seen_ax resw    1
seen_di resw    1
seen_si resw    1
seen_bp resw    1
seen_ss resw    1
count   resb    1
