; A tick that interrupts real mode goes to the protected-mode handler first; real mode's registers come back.
; Rule: DPMI 0.9, hardware interrupts.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 8, old
        get_real_vector 1Ch, old_real
        set_real_vector 1Ch, tick
        set_vector 8, timer
        real_call procedure
        cli
        mov     eax, [ticks]
        cmp     eax, 3
        check   ae, "ticks came"
        cmp     eax, [real_ticks]
        check   e, "one tick of the real-mode chain for each"
        restore_vector 8, old
        sti
        cmp     byte [damaged], 0
        check   e, "real mode's registers and stack are whole"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "the handler ran on the locked stack"
        restore_real_vector 1Ch, old_real
        pass
procedure:
        push    word 1234h
        mov     ax, 2222h
        mov     es, ax
        mov     ax, 3333h
        mov     fs, ax
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        mov     edx, 0D1D1D1D1h
        mov     esi, 051515151h
        mov     edi, 0F1F1F1F1h
        mov     ebp, 0E1E1E1E1h
        std
        mov     ecx, 3000000
.spin:  cmp     dword [ticks], 3
        jae     .done
        dec     ecx
        jnz     .spin
.done:  pushf
        cld
        cmp     eax, 0A1A1A1A1h
        jne     .bad
        cmp     ebx, 0B1B1B1B1h
        jne     .bad
        cmp     edx, 0D1D1D1D1h
        jne     .bad
        cmp     esi, 051515151h
        jne     .bad
        cmp     edi, 0F1F1F1F1h
        jne     .bad
        cmp     ebp, 0E1E1E1E1h
        jne     .bad
        mov     ax, es
        cmp     ax, 2222h
        jne     .bad
        mov     ax, fs
        cmp     ax, 3333h
        jne     .bad
        pop     ax
        and     ax, IF | DF
        cmp     ax, IF | DF
        jne     .bad2
        pop     ax
        cmp     ax, 1234h
        jne     .bad3
        retf
.bad:   pop     ax
.bad2:  pop     ax
.bad3:  inc     byte [damaged]
        retf
timer:  push    ds
        push    xax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        mov     [seen_ss], ss
        pop     xax
        pop     ds
        far_jump [cs:old]
tick:   inc     dword [cs:real_ticks]
        iret
        section .bss
old     resb    6
        alignb  4
old_real resd   1
ticks   resd    1
real_ticks resd 1
seen_ss resw    1
damaged resb    1
