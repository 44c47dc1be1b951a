; A service changes nothing but its outputs: other registers, high halves, flags.
; Rule: DPMI 0.9, introduction to INT 31h.
%include "guest.inc"
        call    enter_protected_mode
        mov     eax, 0A1A10400h
        mov     esi, 51525354h
        mov     edi, 0F1F2F3F4h
        mov     ebp, 0E1E2E3E4h
        mov     fs, [data_selector]
        mov     gs, [data_selector]
        std
        mov     ax, 0003h
        mov     ebx, 0B1B2B3B4h
        mov     ecx, 0C1C2C3C4h
        mov     edx, 0D1D2D3D4h
        cmp     al, al
        stc
        int     31h
        pushf
        pop     word [flags]
        cld
        cmp     eax, 0A1A10008h
        check   e, "high half of EAX"
        cmp     ebx, 0B1B2B3B4h
        check   e, "EBX"
        cmp     ecx, 0C1C2C3C4h
        check   e, "ECX"
        cmp     edx, 0D1D2D3D4h
        check   e, "EDX"
        cmp     esi, 51525354h
        check   e, "ESI"
        cmp     edi, 0F1F2F3F4h
        check   e, "EDI"
        cmp     ebp, 0E1E2E3E4h
        check   e, "EBP"
        mov     ax, fs
        cmp     ax, [data_selector]
        check   e, "FS"
        mov     ax, gs
        cmp     ax, [data_selector]
        check   e, "GS"
        test    word [flags], DF
        check   nz, "DF"
        test    word [flags], CF
        check   z, "CF = 0"
        test    word [flags], 40h
        check   nz, "ZF"
        mov     ebx, 0B1B2FFFCh
        mov     ecx, 0C1C2C3C4h
        mov     edx, 0D1D2D3D4h
        dpmi    0006h
        check   c, "a failing call"
        cmp     ebx, 0B1B2FFFCh
        check   e, "keeps EBX"
        cmp     ecx, 0C1C2C3C4h
        check   e, "keeps ECX"
        cmp     edx, 0D1D2D3D4h
        check   e, "keeps EDX"
        pass
        section .bss
flags   resw    1
