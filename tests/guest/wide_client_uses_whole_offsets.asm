; A 32-bit client's structures and buffers may lie above 64 KB of their segment, in extended memory.
; Rule: DPMI 0.9, 32-bit clients use 32-bit offsets.
; widths: 32
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, 4
        mov     cx, 0
        dpmi    0501h
        check   nc, "0501h"
        mov     [linear], cx
        mov     [linear + 2], bx
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 3FFFFh
        call    set_limit
        mov     [far_data], bx
        mov     es, bx
        mov     edi, 23456h
        mov     bx, ds
        dpmi    000Bh
        check   nc, "000Bh"
        cmp     word [es:edi], 0FFFFh
        check   e, "its buffer"
        push    ds
        push    cs
        pop     ds
        mov     esi, handler
        mov     edi, 34567h
        dpmi    0303h
        pop     ds
        check   nc, "0303h"
        mov     [callback], dx
        mov     [callback + 2], cx
        mov     edi, 20000h
        mov     ecx, rm_size
        xor     al, al
        cld
        a32 rep stosb
        mov     edi, 20000h
        mov     ax, [real_segment]
        mov     [es:edi + rm.cs], ax
        mov     word [es:edi + rm.ip], procedure
        mov     word [es:edi + rm.flags], 202h
        xor     ebx, ebx
        xor     ecx, ecx
        dpmi    0301h
        check   nc, "0301h"
        cmp     word [es:edi + rm.eax], 1235h
        check   e, "its structure, and the callback's"
        push    ds
        pop     es
        mov     edx, 12345678h
        mov     cx, cs
        mov     bl, 66h
        dpmi    0205h
        check   nc, "0205h"
        mov     bl, 66h
        dpmi    0204h
        cmp     edx, 12345678h
        check   e, "the whole offset comes back"
        pass
procedure:
        mov     ax, 1234h
        call    far [cs:callback]
        retf
handler:
        inc     word [es:edi + rm.eax]
        callback_return
        section .bss
linear  resd    1
callback resd   1
far_data resw   1
