; 0301h pushes CS and IP only; 0302h pushes FLAGS, CS, IP and turns interrupts off.
; Rule: DPMI 0.9, INT 31h AX=0301h, 0302h.
%include "guest.inc"
        call    enter_protected_mode
        mov     word [regs + rm.flags], 0203h
        mov     dword [regs + rm.sp], real_stack_top
        mov     ax, [real_segment]
        mov     [regs + rm.ss], ax
        mov     [regs + rm.cs], ax
        mov     word [regs + rm.ip], far_procedure
        mov     xdi, regs
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        check   nc, "0301h"
        mov     ax, [seen_ss]
        cmp     ax, [real_segment]
        check   e, "0301h: the SS given"
        cmp     word [seen_sp], real_stack_top - 4
        check   e, "0301h: SP four bytes down"
        mov     ax, [seen_flags]
        and     ax, 0301h
        cmp     ax, 0201h
        check   e, "0301h: the flags given"
        cmp     word [regs + rm.sp], real_stack_top
        check   e, "0301h: SP of the structure stays"
        mov     word [regs + rm.flags], 0203h
        mov     word [regs + rm.ip], iret_procedure
        dpmi    0302h
        check   nc, "0302h"
        cmp     word [seen_sp], real_stack_top - 6
        check   e, "0302h: SP six bytes down"
        mov     ax, [seen_flags]
        and     ax, 0301h
        cmp     ax, 0001h
        check   e, "0302h: interrupts off"
        mov     ax, [stacked_flags]
        and     ax, 0201h
        cmp     ax, 0201h
        check   e, "0302h: the flags given are in the frame"
        mov     word [regs + rm.flags], 0202h
        mov     word [regs + rm.ip], retf2_procedure
        dpmi    0302h
        check   nc, "0302h with RETF 2"
        test    word [regs + rm.flags], CF
        check   nz, "its flags come back"
        pass
far_procedure:
        mov     [cs:seen_ss], ss
        mov     [cs:seen_sp], sp
        pushf
        pop     word [cs:seen_flags]
        retf
iret_procedure:
        mov     [cs:seen_sp], sp
        pushf
        pop     word [cs:seen_flags]
        mov     bp, sp
        mov     ax, [bp + 4]
        mov     [cs:stacked_flags], ax
        iret
retf2_procedure:
        stc
        retf    2
        section .bss
seen_ss resw    1
seen_sp resw    1
seen_flags resw 1
stacked_flags resw 1
        resb    200h
real_stack_top:
