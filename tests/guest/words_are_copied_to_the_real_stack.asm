; CX words from the protected-mode stack lie above the return frame, in the same order; the caller keeps its own.
; Rule: DPMI 0.9, INT 31h AX=0300h-0302h.
%include "guest.inc"
        call    enter_protected_mode
        mov     ax, [real_segment]
        mov     [regs + rm.cs], ax
        mov     word [regs + rm.flags], 0202h
        mov     dword [regs + rm.sp], 0
        mov     word [regs + rm.ip], procedure
        push    word 3333h
        push    word 2222h
        push    word 1111h
        mov     [sp_before], xsp
        mov     xdi, regs
        xor     bx, bx
        mov     cx, 3
        dpmi    0301h
        check   nc, "0301h"
        cmp     xsp, [sp_before]
        check   e, "(E)SP as before"
        pop     ax
        cmp     ax, 1111h
        check   e, "the words are still there"
        pop     ax
        pop     ax
        cmp     word [seen], 1111h
        check   e, "first word"
        cmp     word [seen + 2], 2222h
        check   e, "second word"
        cmp     word [seen + 4], 3333h
        check   e, "third word"
        push    word 5555h
        push    word 4444h
        mov     word [regs + rm.ip], procedure2
        mov     dword [regs + rm.sp], 0
        mov     cx, 2
        dpmi    0302h
        check   nc, "0302h"
        cmp     word [seen], 4444h
        check   e, "0302h: first word, above FLAGS"
        cmp     word [seen + 2], 5555h
        check   e, "0302h: second word"
        pass
procedure:
        mov     bp, sp
        mov     eax, [bp + 4]
        mov     [cs:seen], eax
        mov     ax, [bp + 8]
        mov     [cs:seen + 4], ax
        retf
procedure2:
        mov     bp, sp
        mov     eax, [bp + 6]
        mov     [cs:seen], eax
        iret
        section .bss
sp_before resd  1
seen    resw    3
