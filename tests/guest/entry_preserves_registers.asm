; General registers and the stack pointer at the mode switch.
; Rule: DPMI 0.9, mode switch entry: other registers preserved, (E)SP as after the far return; high half of ESP zero in
; a 32-bit client.
%include "guest.inc"
        call    find_host
        mov     [expected_sp], sp
        mov     ebx, 0B1B2B3B4h
        mov     ecx, 0C1C2C3C4h
        mov     edx, 0D1D2D3D4h
        mov     esi, 00001234h
        mov     edi, 00005678h
        mov     ebp, 0E1E2E3E4h
        mov     ax, WIDTH == 32
        call    far [entry_point]
        check   nc, "entry"
        mov     [data_selector], ds
        mov     [seen_esp], esp
        cmp     ebx, 0B1B2B3B4h
        check   e, "EBX"
        cmp     ecx, 0C1C2C3C4h
        check   e, "ECX"
        cmp     edx, 0D1D2D3D4h
        check   e, "EDX"
        cmp     esi, 00001234h
        check   e, "ESI"
        cmp     edi, 00005678h
        check   e, "EDI"
        cmp     ebp, 0E1E2E3E4h
        check   e, "EBP"
        mov     ax, [seen_esp]
        cmp     ax, [expected_sp]
        check   e, "SP"
%if WIDTH == 32
        cmp     word [seen_esp + 2], 0
        check   e, "high half of ESP"
%endif
        pass
        section .bss
        alignb  4
expected_sp resd 1
seen_esp resd   1
