; 0002h: the same segment always gives the same selector, which the client may neither change nor free.
; Rule: DPMI 0.9, INT 31h AX=0002h; appendix D of 1.0 for the refusals.
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, 0040h
        dpmi    0002h
        check   nc, "0002h"
        mov     [selector], ax
        mov     bx, 0040h
        dpmi    0002h
        cmp     ax, [selector]
        check   e, "the same again"
        mov     bx, 0B800h
        dpmi    0002h
        check   nc, "another segment"
        cmp     ax, [selector]
        check   ne, "has another selector"
        mov     bx, ax
        call    get_base
        cmp     eax, 0B8000h
        check   e, "base = segment * 16"
        movzx   ecx, bx
        lsl     edx, ecx
        cmp     edx, 0FFFFh
        check   e, "limit FFFFh"
        mov     bx, 0FFFFh
        dpmi    0002h
        check   nc, "the highest segment"
        mov     bx, ax
        call    get_base
        cmp     eax, 0FFFF0h
        check   e, "its base"
        mov     bx, [selector]
        dpmi    0001h
        check_error 8022h, "it cannot be freed"
        mov     bx, [selector]
        xor     eax, eax
        call    set_base
        check   c, "its base cannot be changed"
        mov     es, [selector]
        mov     ax, [es:13h]
        cmp     ax, 640
        check   be, "the BIOS data area is visible: memory size"
        test    ax, ax
        check   nz, "which is not zero"
        pass
        section .bss
selector resw   1
