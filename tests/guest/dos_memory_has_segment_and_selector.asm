; 0100h-0102h: a DOS block and descriptors for it.
; Rule: DPMI 0.9, INT 31h AX=0100h, 0101h, 0102h.
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, 20h
        dpmi    0100h
        check   nc, "0100h"
        mov     [block], ax
        mov     [selector], dx
        cmp     ax, [real_segment]
        check   ne, "memory of its own"
        mov     bx, dx
        call    get_base
        movzx   ecx, word [block]
        shl     ecx, 4
        cmp     eax, ecx
        check   e, "base = segment * 16"
        movzx   ecx, word [selector]
        lsl     eax, ecx
        cmp     eax, 1FFh
        check   e, "limit = bytes - 1"
        mov     es, [selector]
        mov     word [es:1FEh], 0AA55h
        mov     bx, [block]
        dpmi    0002h
        mov     fs, ax
        cmp     word [fs:1FEh], 0AA55h
        check   e, "both names mean the same memory"
        mov     dx, [selector]
        mov     bx, 10h
        dpmi    0102h
        check   nc, "0102h: shrink"
        movzx   ecx, word [selector]
        lsl     eax, ecx
        cmp     eax, 0FFh
        check   e, "the limit follows"
        mov     dx, [selector]
        mov     bx, 40h
        dpmi    0102h
        check   nc, "0102h: grow"
        movzx   ecx, word [selector]
        lsl     eax, ecx
        cmp     eax, 3FFh
        check   e, "the limit follows again"
        mov     bx, [selector]
        mov     eax, 0FFFFh
        call    set_limit
        check   c, "the descriptor must not be changed by hand"
        mov     bx, [selector]
        dpmi    0001h
        check_error 8022h, "or freed by hand"
        mov     dx, [selector]
        dpmi    0101h
        check   nc, "0101h"
        mov     ax, es
        test    ax, ax
        check   z, "ES, which held it, is null"
        push    ds
        pop     es
        mov     dx, [selector]
        dpmi    0101h
        check   c, "0101h: twice"
        mov     bx, 0FFFFh
        dpmi    0100h
        check   c, "0100h: a megabyte"
        cmp     ax, 8
        check   e, "DOS error 8: not enough memory"
        cmp     bx, 1000h
        check   a, "BX: how much there is"
        mov     dx, bx
        mov     bp, bx
        dpmi    0100h
        check   nc, "which can be had"
        dpmi    0101h
        check   nc, "and given back"
        mov     bx, bp
        dpmi    0100h
        check   nc, "and had again"
        mov     dx, [data_selector]
        dpmi    0101h
        check   c, "0101h: another selector"
        pass
        section .bss
block   resw    1
selector resw   1
