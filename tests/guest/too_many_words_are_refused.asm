; A copy that would run below offset 0 of the real-mode stack fails and calls nothing.
; Rule: DPMI 1.0, INT 31h AX=0301h: error 8021h.
%include "guest.inc"
        call    enter_protected_mode
        mov     ax, [real_segment]
        mov     [regs + rm.cs], ax
        mov     [regs + rm.ss], ax
        mov     word [regs + rm.sp], 100h
        mov     word [regs + rm.ip], procedure
        mov     word [regs + rm.flags], 0202h
        mov     xdi, regs
        xor     bx, bx
        mov     cx, 200h
        dpmi    0301h
        check_error 8021h, "0301h with 1024 bytes for a stack of 256"
        cmp     byte [called], 0
        check   e, "nothing was called"
        pass
procedure:
        inc     byte [cs:called]
        retf
        section .bss
called  resb    1
