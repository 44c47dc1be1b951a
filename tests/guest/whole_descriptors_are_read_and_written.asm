; 000Bh and 000Ch move the eight bytes of a descriptor, checked as 0009h checks rights.
; Rule: DPMI 0.9, INT 31h AX=000Bh, 000Ch; errors of 1.0.
%include "guest.inc"
        call    enter_protected_mode
        mov     eax, 1234h
        mov     ecx, 0ABCh
        call    new_segment
        mov     xdi, buffer
        dpmi    000Bh
        check   nc, "000Bh"
        cmp     word [buffer], 0ABCh
        check   e, "limit"
        mov     eax, [program_base]
        add     eax, 1234h
        mov     edx, [buffer + 2]
        and     edx, 0FFFFFFh
        cmp     edx, eax
        check   e, "base"
        mov     al, [buffer + 5]
        and     al, 0FEh
        cmp     al, 0F2h
        check   e, "rights"
        test    byte [buffer + 6], 80h
        check   z, "granularity"
        mov     word [buffer], 00FFh
        mov     byte [buffer + 5], 0FAh
        mov     byte [buffer + 6], 40h
        dpmi    000Ch
        check   nc, "000Ch"
        movzx   ebp, bx
        lsl     edx, ebp
        cmp     edx, 0FFh
        check   e, "the new limit"
        lar     edx, ebp
        and     edx, 40FE00h
        cmp     edx, 40FA00h
        check   e, "the new rights"
        mov     byte [buffer + 5], 92h
        dpmi    000Ch
        check_error 8021h, "DPL 0 is refused"
        mov     byte [buffer + 5], 0F2h
        mov     byte [buffer + 6], 20h
        dpmi    000Ch
        check_error 8021h, "the reserved bit is refused"
        mov     bx, 0FFFCh
        mov     byte [buffer + 6], 0
        dpmi    000Ch
        check_error 8022h, "000Ch: bad selector"
        dpmi    000Bh
        check_error 8022h, "000Bh: bad selector"
        pass
        section .bss
buffer  resb    8
