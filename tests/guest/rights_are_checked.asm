; 0009h refuses rights that would endanger the system.
; Rule: DPMI 1.0, INT 31h AX=0009h: DPL = CPL, S = 1, code readable and not conforming; with P = 0 only DPL and S count.
%include "guest.inc"
        call    enter_protected_mode
        call    new_selector
        movzx   ebp, bx
        mov     cx, 00F2h
        dpmi    0009h
        check   nc, "data, writable"
        mov     cx, 00F0h
        dpmi    0009h
        check   nc, "data, read-only"
        lar     edx, ebp
        and     edx, 0FE00h
        cmp     edx, 0F000h
        check   e, "LAR shows it"
        mov     cx, 00F6h
        dpmi    0009h
        check   nc, "data, expand-down"
        mov     cx, 40FAh
        dpmi    0009h
        check   nc, "32-bit code"
        lar     edx, ebp
        and     edx, 40FE00h
        cmp     edx, 40FA00h
        check   e, "LAR shows it"
        mov     cx, 00F8h
        dpmi    0009h
        check_error 8021h, "code that cannot be read"
        mov     cx, 00FEh
        dpmi    0009h
        check_error 8021h, "conforming code"
        mov     cx, 0092h
        dpmi    0009h
        check_error 8021h, "DPL 0"
        mov     cx, 00E2h
        dpmi    0009h
        check_error 8021h, "a system descriptor"
        mov     cx, 20F2h
        dpmi    0009h
        check_error 8021h, "the reserved bit"
        lar     edx, ebp
        and     edx, 40FE00h
        cmp     edx, 40FA00h
        check   e, "the refused ones changed nothing"
        mov     cx, 0072h
        dpmi    0009h
        check   nc, "not present"
        mov     cx, 007Eh
        dpmi    0009h
        check   nc, "not present: type is free"
        mov     cx, 0012h
        dpmi    0009h
        check_error 8021h, "not present: DPL counts"
        mov     cx, 10F2h
        dpmi    0009h
        check   nc, "AVL is the client's"
        lar     edx, ebp
        test    edx, 100000h
        check   nz, "and kept"
        mov     bx, 0FFFCh
        mov     cx, 00F2h
        dpmi    0009h
        check_error 8022h, "bad selector"
        pass
