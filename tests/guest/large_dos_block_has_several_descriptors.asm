; A 16-bit client gets one descriptor for every 64 KB of a DOS block; a 32-bit client one for all.
; Rule: DPMI 0.9, INT 31h AX=0100h; on a 32-bit host the first descriptor has the limit of the whole block.
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, 1800h
        dpmi    0100h
        check   nc, "0100h of 96 KB"
        mov     [block], ax
        mov     [selector], dx
        movzx   ecx, dx
        lsl     eax, ecx
        cmp     eax, 17FFFh
        check   e, "the first limit is the whole block's"
%if WIDTH == 16
        mov     bx, dx
        add     bx, 8
        call    get_base
        movzx   ecx, word [block]
        shl     ecx, 4
        add     ecx, 10000h
        cmp     eax, ecx
        check   e, "second base: 64 KB on"
        movzx   ecx, bx
        lsl     eax, ecx
        cmp     eax, 7FFFh
        check   e, "second limit: the rest"
%endif
        mov     dx, [selector]
        dpmi    0101h
        check   nc, "0101h"
        mov     bx, [selector]
        dpmi    0006h
        check   c, "the descriptor is gone"
        mov     bx, [selector]
        add     bx, 8
        dpmi    0006h
        check   c, "and so is the second"
        pass
        section .bss
block   resw    1
selector resw   1
