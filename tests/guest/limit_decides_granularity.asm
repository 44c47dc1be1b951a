; 0008h: the host chooses the granularity; above 1 MB only limits that end in FFFh exist.
; Rule: DPMI 0.9, INT 31h AX=0008h; 8021h of 1.0.
%include "guest.inc"
        call    enter_protected_mode
        call    new_selector
        movzx   ebp, bx
        mov     eax, 0
        call    set_limit
        check   nc, "limit 0"
        lsl     edx, ebp
        cmp     edx, 0
        check   e, "LSL 0"
        mov     eax, 0FFFFFh
        call    set_limit
        check   nc, "limit FFFFFh"
        lsl     edx, ebp
        cmp     edx, 0FFFFFh
        check   e, "LSL FFFFFh"
        lar     edx, ebp
        test    edx, 800000h
        check   z, "in bytes"
        mov     eax, 1FFFFFh
        call    set_limit
        check   nc, "limit 1FFFFFh"
        lsl     edx, ebp
        cmp     edx, 1FFFFFh
        check   e, "LSL 1FFFFFh"
        lar     edx, ebp
        test    edx, 800000h
        check   nz, "in pages"
        mov     eax, 1FF000h
        call    set_limit
        check_error 8021h, "limit 1FF000h is impossible"
        lsl     edx, ebp
        cmp     edx, 1FFFFFh
        check   e, "and changes nothing"
        mov     eax, 1234h
        call    set_limit
        check   nc, "limit 1234h"
        lsl     edx, ebp
        cmp     edx, 1234h
        check   e, "LSL 1234h"
        lar     edx, ebp
        test    edx, 800000h
        check   z, "in bytes again"
        mov     eax, 0FFFFFFFFh
        call    set_limit
        check   nc, "limit FFFFFFFFh"
        lsl     edx, ebp
        cmp     edx, 0FFFFFFFFh
        check   e, "LSL FFFFFFFFh"
        mov     bx, 0FFFCh
        mov     eax, 0
        call    set_limit
        check_error 8022h, "bad selector"
        pass
