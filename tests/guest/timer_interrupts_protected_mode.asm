; A tick that interrupts protected mode: locked stack, interrupts off, all registers back afterwards; chaining runs the
; real-mode handler exactly once.
; Rule: DPMI 0.9, hardware interrupts; T9 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 8, old
        get_real_vector 1Ch, old_real
        set_real_vector 1Ch, tick
        set_vector 8, timer
        mov     [sp_before], xsp
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        mov     edx, 0D1D1D1D1h
        mov     esi, 051515151h
        mov     edi, 0F1F1F1F1h
        mov     ebp, 0E1E1E1E1h
        mov     fs, [data_selector]
        mov     gs, [data_selector]
        wait_for ticks, 3
        cmp     eax, 0A1A1A1A1h
        check   e, "EAX"
        cmp     ebx, 0B1B1B1B1h
        check   e, "EBX"
        cmp     edx, 0D1D1D1D1h
        check   e, "EDX"
        cmp     esi, 051515151h
        check   e, "ESI"
        cmp     edi, 0F1F1F1F1h
        check   e, "EDI"
        cmp     ebp, 0E1E1E1E1h
        check   e, "EBP"
        cmp     xsp, [sp_before]
        check   e, "(E)SP"
        mov     ax, fs
        cmp     ax, [data_selector]
        check   e, "FS"
        mov     ax, gs
        cmp     ax, [data_selector]
        check   e, "GS"
        cli
        mov     eax, [ticks]
        cmp     eax, 3
        check   ae, "ticks came"
        cmp     eax, [real_ticks]
        check   e, "one tick of the real-mode chain for each"
        restore_vector 8, old
        sti
        cmp     byte [seen_if], 0
        check   e, "interrupts are off in the handler"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "it runs on the locked stack"
        movzx   ecx, word [seen_cs]
        lar     eax, ecx
        and     eax, 9800h
        cmp     eax, 9800h
        check   e, "its frame returns to code, the host's"
        mov     ax, [seen_cs]
        cmp     ax, [code_selector]
        check   ne, "not to the interrupted program"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on"
        mov     eax, [ticks]
        mov     [ticks_before], eax
        mov     eax, [real_ticks]
        add     eax, 2
        wait_for real_ticks, eax
        mov     eax, [ticks]
        cmp     eax, [ticks_before]
        check   e, "unhooked: the handler does not run any more"
        restore_real_vector 1Ch, old_real
        pass
timer:  push    ds
        push    xbp
        mov     xbp, xsp
        push    xax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        mov     [seen_ss], ss
        mov     ax, [ss:xbp + 2 * W + 2]
        mov     [seen_cs], ax
        mov     ax, 0902h
        int     31h
        mov     [seen_if], al
        pop     xax
        pop     xbp
        pop     ds
        far_jump [cs:old]
tick:   inc     dword [cs:real_ticks]
        iret
        section .bss
old     resb    6
        alignb  4
old_real resd   1
sp_before resd  1
ticks   resd    1
ticks_before resd 1
real_ticks resd 1
seen_ss resw    1
seen_cs resw    1
seen_if resb    1
