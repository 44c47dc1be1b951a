; 0213h: an exception of real mode is handled in protected mode, with the VM bit in the frame; RETF through +20h.
; Rule: DPMI 1.0, INT 31h AX=0213h.
%include "guest.inc"
        call    enter_protected_mode
        mov     bl, 6
        dpmi    0211h
        mov     [old], xdx
        mov     [old + W], cx
        mov     bl, 6
        mov     cx, cs
        mov     xdx, handler
        dpmi    0213h
        check   nc, "0213h"
        real_call procedure
        cmp     byte [count], 1
        check   e, "one exception"
        cmp     dword [seen_eip], invalid
        check   e, "EIP at the instruction"
        mov     ax, [real_segment]
        cmp     ax, [seen_cs]
        check   e, "CS is the real-mode segment"
        test    dword [seen_eflags], 20000h
        check   nz, "EFLAGS: VM"
        cmp     ax, [seen_ds]
        check   e, "DS is the real-mode segment"
        mov     ax, [stack_selector]
        cmp     ax, [handler_ss]
        check   ne, "on the locked stack"
        cmp     word [regs + rm.eax], 1234h
        check   e, "real mode goes on"
        mov     bl, 6
        mov     xdx, [old]
        mov     cx, [old + W]
        dpmi    0213h
        check   nc, "the old handler is restored"
        pass
procedure:
        mov     ax, 1234h
invalid: ud2
        retf
handler:
        push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     byte [count]
        mov     [handler_ss], ss
        mov     eax, [ss:xbp + W + 2Ch]
        mov     [seen_eip], eax
        mov     ax, [ss:xbp + W + 30h]
        mov     [seen_cs], ax
        mov     eax, [ss:xbp + W + 34h]
        mov     [seen_eflags], eax
        mov     ax, [ss:xbp + W + 44h]
        mov     [seen_ds], ax
        add     dword [ss:xbp + W + 2Ch], 2
        pop     eax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
        section .bss
old     resb    6
        alignb  4
seen_eip resd   1
seen_eflags resd 1
seen_cs resw    1
seen_ds resw    1
handler_ss resw 1
count   resb    1
