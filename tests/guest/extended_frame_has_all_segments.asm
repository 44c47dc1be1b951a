; A 0212h handler: the old frame at +00, the extended one at +20h in 32-bit layout; RETF from either, each by its own
; contents; segment registers are taken from the extended frame.
; Rule: DPMI 1.0, INT 31h AX=0212h.
%include "guest.inc"
        call    enter_protected_mode
        mov     bl, 0Dh
        mov     cx, cs
        mov     xdx, handler
        dpmi    0212h
        check   nc, "0212h"
        call    new_selector
        mov     [selector], bx
        mov     [sp_before], xsp
        mov     ax, 0FFFCh
        mov     fs, [psp_selector]
        mov     gs, [data_selector]
        mov     es, [selector]
here:   mov     fs, ax
        mov     bx, gs
        mov     cx, es
        mov     dx, fs
        push    ds
        pop     es
        cmp     byte [count], 1
        check   e, "one exception"
        cmp     bx, [selector]
        check   e, "GS is what the handler wrote into the frame"
        cmp     cx, [selector]
        check   e, "ES is as it was, though the handler changed it"
        cmp     dx, [psp_selector]
        check   e, "FS is as it was"
        cmp     xsp, [sp_before]
        check   e, "(E)SP"
        mov     ax, ss
        cmp     ax, [stack_selector]
        check   e, "SS"
        cmp     word [seen_error], 0FFFCh
        check   e, "error code"
        cmp     word [seen_error_old], 0FFFCh
        check   e, "error code in the old frame"
        cmp     dword [seen_eip], here
        check   e, "EIP"
        mov     ax, cs
        cmp     ax, [seen_cs]
        check   e, "CS"
        test    word [seen_info], 7
        check   z, "information word: the client's own, restartable"
        test    dword [seen_eflags], 20000h
        check   z, "EFLAGS: not from real mode"
        mov     eax, [seen_esp]
        cmp     ax, [sp_before]
        check   e, "ESP"
        mov     ax, ss
        cmp     ax, [seen_ss]
        check   e, "SS in the frame"
        mov     ax, [selector]
        cmp     ax, [seen_es]
        check   e, "ES in the frame"
        mov     ax, [data_selector]
        cmp     ax, [seen_ds]
        check   e, "DS in the frame"
        cmp     ax, [seen_gs]
        check   e, "GS in the frame"
        mov     ax, [psp_selector]
        cmp     ax, [seen_fs]
        check   e, "FS in the frame"
        mov     ax, [stack_selector]
        cmp     ax, [handler_ss]
        check   ne, "on the locked stack"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on again"
        mov     byte [by_old], 1
        mov     ax, 0FFFCh
        mov     fs, ax
        cmp     byte [count], 2
        check   e, "RETF from the old frame works as well"
        cmp     xsp, [sp_before]
        check   e, "(E)SP once more"
        mov     byte [by_old], 0
        mov     ax, 0FFFCh
        mov     fs, ax
        cmp     byte [count], 3
        check   e, "and the extended one again"
        cmp     xsp, [sp_before]
        check   e, "with (E)SP"
        pass
handler:
        push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     byte [count]
        mov     [handler_ss], ss
%if WIDTH == 16
        movzx   ebp, bp
%endif
        lea     ebp, [ebp + W]          ; the frame
        mov     ax, [ss:ebp + frame_error]
        mov     [seen_error_old], ax
        cmp     byte [by_old], 0
        jne     .old
        mov     eax, [ss:ebp + 28h]
        mov     [seen_error], ax
        mov     eax, [ss:ebp + 2Ch]
        mov     [seen_eip], eax
        mov     ax, [ss:ebp + 30h]
        mov     [seen_cs], ax
        mov     ax, [ss:ebp + 32h]
        mov     [seen_info], ax
        mov     eax, [ss:ebp + 34h]
        mov     [seen_eflags], eax
        mov     eax, [ss:ebp + 38h]
        mov     [seen_esp], eax
        mov     ax, [ss:ebp + 3Ch]
        mov     [seen_ss], ax
        mov     ax, [ss:ebp + 40h]
        mov     [seen_es], ax
        mov     ax, [ss:ebp + 44h]
        mov     [seen_ds], ax
        mov     ax, [ss:ebp + 48h]
        mov     [seen_fs], ax
        mov     ax, [ss:ebp + 4Ch]
        mov     [seen_gs], ax
        add     dword [ss:ebp + 2Ch], 2 ; MOV FS, AX
        mov     ax, [selector]
        mov     [ss:ebp + 4Ch], ax
        mov     word [ss:ebp + frame_ip], 0     ; the old frame does not count
        xor     ax, ax
        mov     es, ax
        pop     eax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
.old:   add     word [ss:ebp + frame_ip], 2
        mov     dword [ss:ebp + 2Ch], 0         ; the extended frame does not count
        pop     eax
        pop     ds
        pop     xbp
        retfx
        section .bss
sp_before resd  1
seen_eip resd   1
seen_eflags resd 1
seen_esp resd   1
selector resw   1
seen_error resw 1
seen_error_old resw 1
seen_cs resw    1
seen_info resw  1
seen_ss resw    1
seen_es resw    1
seen_ds resw    1
seen_fs resw    1
seen_gs resw    1
handler_ss resw 1
by_old  resb    1
count   resb    1
