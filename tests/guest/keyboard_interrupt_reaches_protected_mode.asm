; IRQ 1 goes to a protected-mode handler, which chains: the BIOS still gets the key.
; Rule: DPMI 0.9, hardware interrupts.
; options: --keys a
%include "guest.inc"
        call    enter_protected_mode
        get_vector 9, old
        set_vector 9, handler
        wait_for count, 2
        cli
        restore_vector 9, old
        sti
        cmp     dword [count], 2
        check   ae, "pressed and released"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "on the locked stack"
        mov     ah, 1
        int     16h
        check   nz, "the BIOS has the key"
        mov     ah, 0
        int     16h
        cmp     al, 'a'
        check   e, "which is the one that was typed"
        pass
handler:
        push    ds
        mov     ds, [cs:data_selector]
        inc     dword [count]
        mov     [seen_ss], ss
        pop     ds
        far_jump [cs:old]
        section .bss
old     resb    6
        alignb  4
count   resd    1
seen_ss resw    1
