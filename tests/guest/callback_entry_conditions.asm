; What a callback handler finds: pointers, stack, flags, the structure.
; Rule: DPMI 0.9, INT 31h AX=0303h: ES:(E)DI the structure, DS:(E)SI the real-mode SS:SP, interrupts off, locked stack;
; FLAGS, SS:SP in the structure before any pop, CS:IP the callback's own address.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        check   nc, "0303h"
        mov     [application_sp], xsp
        real_call procedure
        cmp     byte [count], 1
        check   e, "the handler ran once"
        mov     ax, ds
        cmp     ax, [seen_es]
        check   e, "ES"
        cmp     xsp, [application_sp]
        check   e, "the application's (E)SP is back"
        mov     eax, structure
%if WIDTH == 32
        cmp     eax, [seen_di]
%else
        cmp     ax, [seen_di]
%endif
        check   e, "(E)DI"
        mov     ax, cs
        cmp     ax, [seen_cs]
        check   e, "CS"
        mov     eax, [seen_linear]
        cmp     eax, [real_linear]
        check   e, "DS:(E)SI is the linear address of the real-mode stack's top"
        cmp     word [seen_ip], behind
        check   e, "the caller's IP lies there"
        mov     ax, [real_segment]
        cmp     ax, [seen_return_cs]
        check   e, "and its CS"
        cmp     word [seen_argument], 7777h
        check   e, "and an argument above"
        cmp     byte [seen_if], 0
        check   e, "interrupts are off"
        test    word [seen_flags], 4100h
        check   z, "TF and NT are clear"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "another stack than the application's"
        movzx   ecx, word [seen_ss]
        lar     eax, ecx
        and     eax, 9A00h
        cmp     eax, 9200h
        check   e, "which is present, writable data"
        lsl     eax, ecx
        cmp     eax, 0FFFh
        check   ae, "of 4 KB at least"
        movzx   ecx, word [seen_ds]
        lsl     eax, ecx
        cmp     eax, 0FFFFh
        check   ae, "the alias covers the whole real-mode segment"
        mov     ax, [seen_trap_cs]
        and     al, 3
        mov     bx, cs
        and     bl, 3
        cmp     al, bl
        check   e, "the frame's CS has our privilege level"
        movzx   ecx, word [seen_trap_cs]
        lar     eax, ecx
        and     eax, 9A00h
        cmp     eax, 9A00h
        check   e, "and is readable code"
        cmp     dword [structure + rm.eax], 0A1A1A1A1h
        check   e, "EAX"
        cmp     dword [structure + rm.ebx], 0B1B1B1B1h
        check   e, "EBX"
        cmp     dword [structure + rm.ecx], 0C1C1C1C1h
        check   e, "ECX"
        cmp     dword [structure + rm.edx], 0D1D1D1D1h
        check   e, "EDX"
        cmp     dword [structure + rm.esi], 051515151h
        check   e, "ESI"
        cmp     dword [structure + rm.edi], 0F1F1F1F1h
        check   e, "EDI"
        cmp     dword [structure + rm.ebp], 0E1E1E1E1h
        check   e, "EBP"
        cmp     word [structure + rm.ds], 1111h
        check   e, "DS"
        cmp     word [structure + rm.es], 2222h
        check   e, "ES"
        cmp     word [structure + rm.fs], 3333h
        check   e, "FS"
        cmp     word [structure + rm.gs], 4444h
        check   e, "GS"
        mov     ax, [real_ss]
        cmp     ax, [structure + rm.ss]
        check   e, "SS"
        mov     ax, [real_sp]
        cmp     ax, [seen_real_sp]
        check   e, "SP: at the return address"
        mov     ax, [callback]
        cmp     ax, [seen_own_ip]
        check   e, "IP: the callback's own"
        mov     ax, [callback + 2]
        cmp     ax, [seen_own_cs]
        check   e, "CS: the callback's own"
        mov     ax, [seen_real_flags]
        and     ax, 0601h
        cmp     ax, 0601h
        check   e, "FLAGS: CF, IF and DF of the caller"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on again"
        callback_free callback
        check   nc, "0304h"
        pass
procedure:
        push    word 7777h
        mov     [cs:real_ss], ss
        mov     ax, sp
        sub     ax, 4
        mov     [cs:real_sp], ax
        movzx   eax, ax
        mov     bx, ss
        movzx   ebx, bx
        shl     ebx, 4
        add     eax, ebx
        mov     [cs:real_linear], eax
        mov     ax, 1111h
        mov     ds, ax
        mov     ax, 2222h
        mov     es, ax
        mov     ax, 3333h
        mov     fs, ax
        mov     ax, 4444h
        mov     gs, ax
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        mov     ecx, 0C1C1C1C1h
        mov     edx, 0D1D1D1D1h
        mov     esi, 051515151h
        mov     edi, 0F1F1F1F1h
        mov     ebp, 0E1E1E1E1h
        sti
        std
        stc
        call    far [cs:callback]
behind: cld
        add     sp, 2
        retf
handler:
        pushf
        cld
        mov     fs, [cs:data_selector]
        pop     word [fs:seen_flags]
        inc     byte [fs:count]
        mov     [fs:seen_es], es
        mov     [fs:seen_ds], ds
        mov     [fs:seen_cs], cs
        mov     [fs:seen_ss], ss
        mov     [fs:seen_di], xdi
        mov     ax, [xsi]
        mov     [fs:seen_ip], ax
        mov     ax, [xsi + 2]
        mov     [fs:seen_return_cs], ax
        mov     ax, [xsi + 4]
        mov     [fs:seen_argument], ax
        call    linear_of_ds_si
        mov     [fs:seen_linear], eax
        dpmi    0902h
        mov     [fs:seen_if], al
        mov     xbp, xsp
        mov     ax, [ss:xbp + W]
        mov     [fs:seen_trap_cs], ax
        mov     ax, [es:xdi + rm.sp]
        mov     [fs:seen_real_sp], ax
        mov     ax, [es:xdi + rm.ip]
        mov     [fs:seen_own_ip], ax
        mov     ax, [es:xdi + rm.cs]
        mov     [fs:seen_own_cs], ax
        mov     ax, [es:xdi + rm.flags]
        mov     [fs:seen_real_flags], ax
        callback_return
        section .bss
callback resd   1
application_sp resd 1
real_linear resd 1
seen_linear resd 1
seen_di resd    1
real_ss resw    1
real_sp resw    1
seen_es resw    1
seen_ds resw    1
seen_cs resw    1
seen_ss resw    1
seen_ip resw    1
seen_return_cs resw 1
seen_argument resw 1
seen_flags resw 1
seen_trap_cs resw 1
seen_real_sp resw 1
seen_own_ip resw 1
seen_own_cs resw 1
seen_real_flags resw 1
seen_if resb    1
count   resb    1
        alignb  4
structure resb  rm_size
