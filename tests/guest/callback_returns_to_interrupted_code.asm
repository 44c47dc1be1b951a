; A callback hung on the timer's real-mode vector interrupts real-mode code, which goes on as if nothing had happened.
; Rule: DPMI 0.9, INT 31h AX=0303h: all registers are restored from the structure.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 1Ch, old
        callback_alloc handler, structure, callback
        restore_real_vector 1Ch, callback
        real_call procedure
        restore_real_vector 1Ch, old
        cmp     dword [ticks], 3
        check   ae, "ticks came"
        cmp     byte [damaged], 0
        check   e, "no register of the loop changed"
        pass
procedure:
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        mov     edx, 0D1D1D1D1h
        mov     esi, 051515151h
        mov     edi, 0F1F1F1F1h
        mov     ebp, 0E1E1E1E1h
        mov     ecx, 5000000
.spin:  cmp     dword [ticks], 3
        jae     .done
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
        dec     ecx
        jnz     .spin
.done:  retf
.bad:   inc     byte [damaged]
        retf
handler:
        cld
        mov     fs, [cs:data_selector]
        inc     dword [fs:ticks]
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        mov     ax, [xsi + 4]
        mov     [es:xdi + rm.flags], ax
        add     word [es:xdi + rm.sp], 6
        iretx
        section .bss
callback resd   1
old     resd    1
ticks   resd    1
damaged resb    1
        alignb  4
structure resb  rm_size
