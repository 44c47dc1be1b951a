; A 16-bit client's EDI, ESI, EDX high halves never count, whatever rubbish is in them.
; Rule: DPMI 0.9, 16-bit clients use 16-bit offsets.
; widths: 16
%include "guest.inc"
        call    enter_protected_mode
        mov     edi, 0FFFF0000h
        mov     di, buffer
        mov     bx, ds
        dpmi    000Bh
        check   nc, "000Bh"
        cmp     word [buffer], 0FFFFh
        check   e, "its buffer"
        mov     esi, 0ABCD0000h
        mov     si, handler
        mov     edi, 0ABCD0000h
        mov     di, structure
        push    ds
        push    cs
        pop     ds
        dpmi    0303h
        pop     ds
        check   nc, "0303h"
        mov     [callback], dx
        mov     [callback + 2], cx
        mov     word [regs + rm.ip], procedure
        mov     ax, [real_segment]
        mov     [regs + rm.cs], ax
        mov     word [regs + rm.flags], 202h
        mov     edi, 0ABCD0000h
        mov     di, regs
        xor     ebx, ebx
        xor     ecx, ecx
        dpmi    0301h
        check   nc, "0301h"
        cmp     word [regs + rm.eax], 1235h
        check   e, "the callback worked on its structure"
        mov     edx, 0ABCD0000h
        mov     dx, vector
        mov     cx, cs
        mov     bl, 66h
        dpmi    0205h
        check   nc, "0205h"
        mov     ax, 1
        int     66h
        cmp     ax, 101h
        check   e, "INT 66h"
        pass
procedure:
        mov     ax, 1234h
        call    far [cs:callback]
        retf
handler:
        inc     word [es:di + rm.eax]
        mov     eax, [si]
        mov     [es:di + rm.ip], eax
        add     word [es:di + rm.sp], 4
        or      edi, 0FFFF0000h
        iret
vector: add     ax, 100h
        iret
        section .bss
callback resd   1
        alignb  4
buffer  resb    8
structure resb  rm_size
