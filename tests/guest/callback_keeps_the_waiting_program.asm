; The protected-mode program that waits in 0301h finds all its registers when the callback it caused has clobbered them.
; Rule: DPMI 0.9, INT 31h AX=0301h, 0303h.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        mov     ax, [real_segment]
        mov     [regs + rm.cs], ax
        mov     [regs + rm.ds], ax
        mov     word [regs + rm.ip], procedure
        mov     word [regs + rm.flags], 202h
        call    new_selector
        mov     [selector], bx
        mov     gs, bx
        mov     fs, [psp_selector]
        mov     eax, 0A1A10301h
        mov     ebx, 0B1B10000h
        mov     ecx, 0C1C10000h
        mov     edx, 0D1D1D1D1h
        mov     esi, 051515151h
        mov     edi, regs
        mov     ebp, 0E1E1E1E1h
        mov     [sp_before], xsp
        std
        int     31h
        pushf
        cld
        check   nc, "0301h"
        cmp     ebx, 0B1B10000h
        check   e, "EBX"
        cmp     ecx, 0C1C10000h
        check   e, "ECX"
        cmp     edx, 0D1D1D1D1h
        check   e, "EDX"
        cmp     esi, 051515151h
        check   e, "ESI"
        cmp     edi, regs
        check   e, "EDI"
        cmp     ebp, 0E1E1E1E1h
        check   e, "EBP"
        shr     eax, 16
        cmp     ax, 0A1A1h
        check   e, "high half of EAX"
        pop     ax
        test    ax, DF
        check   nz, "DF"
        cmp     xsp, [sp_before]
        check   e, "(E)SP"
        mov     ax, gs
        cmp     ax, [selector]
        check   e, "GS"
        mov     ax, fs
        cmp     ax, [psp_selector]
        check   e, "FS"
        mov     ax, ds
        cmp     ax, [data_selector]
        check   e, "DS"
        pass
procedure:
        call    far [callback]
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        xor     eax, eax
        mov     ebx, eax
        mov     ecx, eax
        mov     edx, eax
        mov     ebp, eax
        mov     ds, ax
        mov     fs, ax
        mov     gs, ax
        mov     esi, 0FFFFFFFFh
        iretx
        section .bss
callback resd   1
sp_before resd  1
selector resw   1
        alignb  4
structure resb  rm_size
