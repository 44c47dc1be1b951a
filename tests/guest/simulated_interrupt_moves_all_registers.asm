; 0300h loads every register of the structure, runs the real-mode handler and stores what it left.
; Rule: DPMI 0.9, INT 31h AX=0300h: the first 2Ah bytes come back, CS, IP, SS, SP do not; FLAGS with IF = TF = 0 inside,
; the structure's FLAGS in the frame.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 65h, old
        set_real_vector 65h, service
        mov     dword [regs + rm.eax], 0A1A1A1A1h
        mov     dword [regs + rm.ebx], 0B1B1B1B1h
        mov     dword [regs + rm.ecx], 0C1C1C1C1h
        mov     dword [regs + rm.edx], 0D1D1D1D1h
        mov     dword [regs + rm.esi], 051515151h
        mov     dword [regs + rm.edi], 0F1F1F1F1h
        mov     dword [regs + rm.ebp], 0E1E1E1E1h
        mov     word [regs + rm.ds], 1111h
        mov     word [regs + rm.es], 2222h
        mov     word [regs + rm.fs], 3333h
        mov     word [regs + rm.gs], 4444h
        mov     word [regs + rm.cs], 7777h
        mov     word [regs + rm.ip], 8888h
        mov     word [regs + rm.flags], 0203h
        mov     dword [regs + rm.sp], 0
        mov     [sp_before], xsp
        mov     xdi, regs
        mov     ebx, 0B2B20065h
        mov     ecx, 0C2C20000h
        mov     edx, 0D2D2D2D2h
        mov     esi, 052525252h
        mov     ebp, 0E2E2E2E2h
        mov     fs, [data_selector]
        mov     gs, [data_selector]
        dpmi    0300h
        check   nc, "0300h"
        cmp     ebx, 0B2B20065h
        check   e, "EBX of the client kept"
        cmp     ecx, 0C2C20000h
        check   e, "ECX kept"
        cmp     edx, 0D2D2D2D2h
        check   e, "EDX kept"
        cmp     esi, 052525252h
        check   e, "ESI kept"
        cmp     ebp, 0E2E2E2E2h
        check   e, "EBP kept"
        cmp     xsp, [sp_before]
        check   e, "(E)SP kept"
        mov     ax, fs
        cmp     ax, [data_selector]
        check   e, "FS kept"
        mov     ax, es
        cmp     ax, [data_selector]
        check   e, "ES kept"
        restore_real_vector 65h, old
        cmp     dword [seen + rm.eax], 0A1A1A1A1h
        check   e, "EAX in"
        cmp     dword [seen + rm.ebx], 0B1B1B1B1h
        check   e, "EBX in"
        cmp     dword [seen + rm.ecx], 0C1C1C1C1h
        check   e, "ECX in"
        cmp     dword [seen + rm.edx], 0D1D1D1D1h
        check   e, "EDX in"
        cmp     dword [seen + rm.esi], 051515151h
        check   e, "ESI in"
        cmp     dword [seen + rm.edi], 0F1F1F1F1h
        check   e, "EDI in"
        cmp     dword [seen + rm.ebp], 0E1E1E1E1h
        check   e, "EBP in"
        cmp     word [seen + rm.ds], 1111h
        check   e, "DS in"
        cmp     word [seen + rm.es], 2222h
        check   e, "ES in"
        cmp     word [seen + rm.fs], 3333h
        check   e, "FS in"
        cmp     word [seen + rm.gs], 4444h
        check   e, "GS in"
        mov     ax, [seen + rm.flags]
        and     ax, 0301h
        cmp     ax, 0001h
        check   e, "FLAGS in: CF as given, IF and TF off"
        mov     ax, [frame_flags_seen]
        and     ax, 0301h
        cmp     ax, 0201h
        check   e, "FLAGS in the frame: as given"
        cmp     dword [regs + rm.eax], 01A1A1A1Ah
        check   e, "EAX out"
        cmp     dword [regs + rm.ebx], 01B1B1B1Bh
        check   e, "EBX out"
        cmp     dword [regs + rm.ecx], 01C1C1C1Ch
        check   e, "ECX out"
        cmp     dword [regs + rm.edx], 01D1D1D1Dh
        check   e, "EDX out"
        cmp     dword [regs + rm.esi], 015151515h
        check   e, "ESI out"
        cmp     dword [regs + rm.edi], 01F1F1F1Fh
        check   e, "EDI out"
        cmp     dword [regs + rm.ebp], 01E1E1E1Eh
        check   e, "EBP out"
        cmp     word [regs + rm.ds], 5555h
        check   e, "DS out"
        cmp     word [regs + rm.es], 6666h
        check   e, "ES out"
        cmp     word [regs + rm.fs], 7777h
        check   e, "FS out"
        cmp     word [regs + rm.gs], 8888h
        check   e, "GS out"
        test    word [regs + rm.flags], CF
        check   z, "CF out"
        test    word [regs + rm.flags], 40h
        check   nz, "ZF out"
        cmp     word [regs + rm.cs], 7777h
        check   e, "CS stays"
        cmp     word [regs + rm.ip], 8888h
        check   e, "IP stays"
        cmp     dword [regs + rm.sp], 0
        check   e, "SS:SP stays"
        pass
service:
        mov     [cs:seen + rm.eax], eax
        mov     [cs:seen + rm.ebx], ebx
        mov     [cs:seen + rm.ecx], ecx
        mov     [cs:seen + rm.edx], edx
        mov     [cs:seen + rm.esi], esi
        mov     [cs:seen + rm.edi], edi
        mov     [cs:seen + rm.ebp], ebp
        mov     [cs:seen + rm.ds], ds
        mov     [cs:seen + rm.es], es
        mov     [cs:seen + rm.fs], fs
        mov     [cs:seen + rm.gs], gs
        pushf
        pop     word [cs:seen + rm.flags]
        mov     bp, sp
        mov     ax, [bp + 4]
        mov     [cs:frame_flags_seen], ax
        mov     word [bp + 4], 0242h    ; CF off, ZF on
        mov     eax, 01A1A1A1Ah
        mov     ebx, 01B1B1B1Bh
        mov     ecx, 01C1C1C1Ch
        mov     edx, 01D1D1D1Dh
        mov     esi, 015151515h
        mov     edi, 01F1F1F1Fh
        mov     ebp, 01E1E1E1Eh
        push    word 5555h
        pop     ds
        push    word 6666h
        pop     es
        push    word 7777h
        pop     fs
        push    word 8888h
        pop     gs
        iret
        section .bss
old     resd    1
sp_before resd  1
seen    resb    rm_size
frame_flags_seen resw 1
