; The descriptors a client gets at the mode switch.
; Rule: DPMI 0.9, mode switch entry: CS 16-bit code, base CS*16, limit FFFFh; DS, SS alike as data, B by the client's
; width; ES = PSP of 100h bytes; FS = GS = 0. Rights FAh/F2h for CPL 3 (accessed bit free).
%include "guest.inc"
        mov     ax, 1111h
        mov     fs, ax
        mov     gs, ax
        call    enter_protected_mode
        mov     [seen_fs], fs
        mov     [seen_gs], gs
        cmp     word [seen_fs], 0
        check   e, "FS = 0"
        cmp     word [seen_gs], 0
        check   e, "GS = 0"
        movzx   ecx, word [real_segment]
        shl     ecx, 4
        mov     bx, cs
        call    get_base
        cmp     eax, ecx
        check   e, "CS: base"
        mov     bx, ds
        call    get_base
        cmp     eax, ecx
        check   e, "DS: base"
        mov     bx, ss
        call    get_base
        cmp     eax, ecx
        check   e, "SS: base"
        mov     bx, [psp_selector]
        call    get_base
        cmp     eax, ecx
        check   e, "ES: base of the PSP, which is the .COM segment"
        mov     ax, cs
        movzx   eax, ax
        lsl     edx, eax
        cmp     edx, 0FFFFh
        check   e, "CS: limit"
        mov     ax, ds
        movzx   eax, ax
        lsl     edx, eax
        cmp     edx, 0FFFFh
        check   e, "DS: limit"
        mov     ax, ss
        movzx   eax, ax
        lsl     edx, eax
        cmp     edx, 0FFFFh
        check   e, "SS: limit"
        movzx   eax, word [psp_selector]
        lsl     edx, eax
        cmp     edx, 0FFh
        check   e, "ES: limit 00FFh"
        mov     ax, cs
        movzx   eax, ax
        lar     edx, eax
        and     edx, 0D0FE00h
        cmp     edx, 00FA00h
        check   e, "CS: present, DPL 3, readable 16-bit code"
        mov     ax, ds
        movzx   eax, ax
        lar     edx, eax
        and     edx, 0D0FE00h
        cmp     edx, 00F200h + (WIDTH == 32) * 400000h
        check   e, "DS: present, DPL 3, writable data, B by the client"
        mov     ax, ss
        movzx   eax, ax
        lar     edx, eax
        and     edx, 0D0FE00h
        cmp     edx, 00F200h + (WIDTH == 32) * 400000h
        check   e, "SS: present, DPL 3, writable data, B by the client"
        mov     ax, cs
        and     al, 7
        cmp     al, 7
        check   e, "CS is a selector of the LDT with RPL 3"
        mov     es, [psp_selector]
        cmp     word [es:0], 20CDh
        check   e, "the PSP begins with INT 20h"
        pass
        section .bss
seen_fs resw    1
seen_gs resw    1
