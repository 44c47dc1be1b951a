; INT 1Ch, issued by the BIOS in real mode, reaches a protected-mode handler.
; Rule: DPMI 0.9, interrupts 1Ch, 23h, 24h are reflected from real to protected mode.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 1Ch, old
        set_vector 1Ch, handler
        wait_for ticks, 2
        cmp     dword [ticks], 2
        check   ae, "from a tick in protected mode"
        real_call procedure
        cmp     byte [whole], 1
        check   e, "from INT 1Ch in real mode: registers are kept"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "on the locked stack"
        cmp     byte [seen_if], 0
        check   e, "with interrupts off"
        restore_vector 1Ch, old
        pass
procedure:
        mov     edx, [cs:ticks]
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        cli
        int     1Ch
        sti
        cmp     eax, 0A1A1A1A1h
        jne     .end
        cmp     ebx, 0B1B1B1B1h
        jne     .end
        cmp     edx, [cs:ticks]
        je      .end
        mov     byte [cs:whole], 1
.end:   retf
handler:
        push    ds
        push    xax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        mov     [seen_ss], ss
        mov     ax, 0902h
        int     31h
        mov     [seen_if], al
        pop     xax
        pop     ds
        mov     ebx, 0                  ; not translated back
        far_jump [cs:old]
        section .bss
old     resb    6
        alignb  4
ticks   resd    1
seen_ss resw    1
seen_if resb    1
whole   resb    1
