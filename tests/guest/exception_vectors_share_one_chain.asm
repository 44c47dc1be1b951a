; 0202h/0203h and 0210h/0212h: default addresses, setting, errors.
; Rule: DPMI 0.9, INT 31h AX=0202h, 0203h; 1.0, AX=0210h-0213h: 8021h above 1Fh, 8022h for a bad selector.
%include "guest.inc"
        call    enter_protected_mode
        mov     bl, 0Dh
        dpmi    0202h
        check   nc, "0202h"
        mov     [old], xdx
        mov     [old + W], cx
        test    cx, cx
        check   nz, "a default handler exists"
        mov     bl, 0Dh
        dpmi    0210h
        check   nc, "0210h"
        mov     bl, 0Dh
        dpmi    0211h
        check   nc, "0211h"
        set_exception 0Dh, handler
        check   nc, "0203h"
        mov     bl, 0Dh
        dpmi    0202h
        cmp     dx, handler
        check   e, "0202h: our offset"
        mov     ax, cs
        cmp     cx, ax
        check   e, "0202h: our selector"
        mov     bl, 0Dh
        dpmi    0210h
        cmp     dx, handler
        check   e, "0210h sees the same head of the chain"
        mov     bl, 0Dh
        mov     cx, cs
        mov     xdx, handler2
        dpmi    0212h
        check   nc, "0212h"
        mov     bl, 0Dh
        dpmi    0202h
        cmp     dx, handler2
        check   e, "0202h sees what 0212h set"
        mov     bl, 0Dh
        mov     cx, cs
        mov     xdx, handler
        dpmi    0213h
        check   nc, "0213h"
        mov     bl, 0Dh
        dpmi    0211h
        cmp     dx, handler
        check   e, "0211h: the real-mode chain is another"
        mov     bl, 20h
        dpmi    0202h
        check_error 8021h, "0202h: 20h is no exception"
        mov     bl, 20h
        mov     cx, cs
        dpmi    0203h
        check_error 8021h, "0203h: 20h"
        mov     bl, 0FFh
        dpmi    0210h
        check_error 8021h, "0210h: FFh"
        mov     bl, 20h
        mov     cx, cs
        dpmi    0212h
        check_error 8021h, "0212h: 20h"
        mov     bl, 20h
        dpmi    0211h
        check_error 8021h, "0211h: 20h"
        mov     bl, 20h
        mov     cx, cs
        dpmi    0213h
        check_error 8021h, "0213h: 20h"
        mov     bl, 0Dh
        mov     cx, 0FFFCh
        dpmi    0203h
        check_error 8022h, "0203h: bad selector"
        mov     bl, 0Dh
        mov     cx, 0FFFCh
        dpmi    0212h
        check_error 8022h, "0212h: bad selector"
        pass
handler:
handler2 equ handler + 1
        retfx
        section .bss
old     resb    6
