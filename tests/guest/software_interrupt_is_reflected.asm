; INT n nobody hooked in protected mode runs the real-mode handler with the general registers, and brings them back.
; Rule: DPMI 0.9, default interrupt handlers: registers and flags both ways, segment registers and stack not.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 65h, old
        set_real_vector 65h, service
        mov     [sp_before], xsp
        mov     fs, [data_selector]
        mov     gs, [data_selector]
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        mov     ecx, 0C1C1C1C1h
        mov     edx, 0D1D1D1D1h
        mov     esi, 051515151h
        mov     edi, 0F1F1F1F1h
        mov     ebp, 0E1E1E1E1h
        clc
        int     65h
        check   c, "CF out"
        cmp     ax, 1A1Ah
        check   e, "AX out"
        cmp     bx, 1B1Bh
        check   e, "BX out"
        cmp     cx, 1C1Ch
        check   e, "CX out"
        cmp     dx, 1D1Dh
        check   e, "DX out"
        cmp     si, 1515h
        check   e, "SI out"
        cmp     di, 1F1Fh
        check   e, "DI out"
        cmp     bp, 1E1Eh
        check   e, "BP out"
        cmp     xsp, [sp_before]
        check   e, "(E)SP kept"
        mov     ax, ds
        cmp     ax, [data_selector]
        check   e, "DS kept"
        mov     ax, es
        cmp     ax, [data_selector]
        check   e, "ES kept"
        mov     ax, fs
        cmp     ax, [data_selector]
        check   e, "FS kept"
        mov     ax, gs
        cmp     ax, [data_selector]
        check   e, "GS kept"
        mov     ax, ss
        cmp     ax, [stack_selector]
        check   e, "SS kept"
        cmp     word [seen], 0A1A1h
        check   e, "AX in"
        cmp     word [seen + 2], 0B1B1h
        check   e, "BX in"
        cmp     word [seen + 4], 0C1C1h
        check   e, "CX in"
        cmp     word [seen + 6], 0D1D1h
        check   e, "DX in"
        cmp     word [seen + 8], 5151h
        check   e, "SI in"
        cmp     word [seen + 10], 0F1F1h
        check   e, "DI in"
        cmp     word [seen + 12], 0E1E1h
        check   e, "BP in"
        test    word [seen + 14], CF
        check   z, "CF in"
        test    word [seen + 14], IF
        check   z, "interrupts off, as in any INT"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts on again afterwards"
        restore_real_vector 65h, old
        pass
service:
        mov     [cs:seen], ax
        mov     [cs:seen + 2], bx
        mov     [cs:seen + 4], cx
        mov     [cs:seen + 6], dx
        mov     [cs:seen + 8], si
        mov     [cs:seen + 10], di
        mov     [cs:seen + 12], bp
        pushf
        pop     word [cs:seen + 14]
        mov     bp, sp
        or      word [bp + 4], CF
        mov     ax, 1A1Ah
        mov     bx, 1B1Bh
        mov     cx, 1C1Ch
        mov     dx, 1D1Dh
        mov     si, 1515h
        mov     di, 1F1Fh
        mov     bp, 1E1Eh
        iret
        section .bss
old     resd    1
sp_before resd  1
seen    resw    8
