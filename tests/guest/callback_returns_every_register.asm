; At the handler's IRET all real-mode registers are loaded from the structure, with FLAGS, SS:SP and CS:IP.
; Rule: DPMI 0.9, INT 31h AX=0303h.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        cmp     dword [seen + rm.eax], 01A1A1A1Ah
        check   e, "EAX"
        cmp     dword [seen + rm.ebx], 01B1B1B1Bh
        check   e, "EBX"
        cmp     dword [seen + rm.ecx], 01C1C1C1Ch
        check   e, "ECX"
        cmp     dword [seen + rm.edx], 01D1D1D1Dh
        check   e, "EDX"
        cmp     dword [seen + rm.esi], 015151515h
        check   e, "ESI"
        cmp     dword [seen + rm.edi], 01F1F1F1Fh
        check   e, "EDI"
        cmp     dword [seen + rm.ebp], 01E1E1E1Eh
        check   e, "EBP"
        cmp     word [seen + rm.ds], 5555h
        check   e, "DS"
        cmp     word [seen + rm.es], 6666h
        check   e, "ES"
        cmp     word [seen + rm.fs], 7777h
        check   e, "FS"
        cmp     word [seen + rm.gs], 8888h
        check   e, "GS"
        mov     ax, [real_segment]
        cmp     ax, [seen + rm.ss]
        check   e, "SS"
        cmp     word [seen + rm.sp], real_stack_top
        check   e, "SP"
        mov     ax, [seen + rm.flags]
        and     ax, 06D5h               ; CF PF AF ZF SF IF DF
        cmp     ax, 0491h
        check   e, "FLAGS: CF, AF, SF, DF on, ZF, PF, IF off"
        test    word [seen + rm.flags], 100h
        check   z, "TF off"
        pass
procedure:
        mov     [cs:old_sp], sp
        mov     [cs:old_ss], ss
        sti
        jmp     far [cs:callback]       ; the structure says where to go on
elsewhere:
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
        mov     [cs:seen + rm.ss], ss
        mov     [cs:seen + rm.sp], sp
        pushf
        pop     word [cs:seen + rm.flags]
        cld
        mov     ss, [cs:old_ss]
        mov     sp, [cs:old_sp]
        sti
        retf
handler:
        cld
        mov     dword [es:xdi + rm.eax], 01A1A1A1Ah
        mov     dword [es:xdi + rm.ebx], 01B1B1B1Bh
        mov     dword [es:xdi + rm.ecx], 01C1C1C1Ch
        mov     dword [es:xdi + rm.edx], 01D1D1D1Dh
        mov     dword [es:xdi + rm.esi], 015151515h
        mov     dword [es:xdi + rm.edi], 01F1F1F1Fh
        mov     dword [es:xdi + rm.ebp], 01E1E1E1Eh
        mov     word [es:xdi + rm.ds], 5555h
        mov     word [es:xdi + rm.es], 6666h
        mov     word [es:xdi + rm.fs], 7777h
        mov     word [es:xdi + rm.gs], 8888h
        mov     ax, [cs:real_segment]
        mov     [es:xdi + rm.ss], ax
        mov     [es:xdi + rm.cs], ax
        mov     word [es:xdi + rm.sp], real_stack_top
        mov     word [es:xdi + rm.ip], elsewhere
        mov     word [es:xdi + rm.flags], 0493h ; CF, AF, SF, DF
        iretx
        section .bss
callback resd   1
old_sp  resw    1
old_ss  resw    1
        alignb  4
structure resb  rm_size
seen    resb    rm_size
        alignb  4
        resb    100h
real_stack_top:
