; 000Eh and 000Fh; on an error CX tells how many were done, and those are done.
; Rule: DPMI 1.0, INT 31h AX=000Eh, 000Fh.
%include "guest.inc"
        call    enter_protected_mode
        mov     eax, 100h
        mov     ecx, 11h
        call    new_segment
        mov     [list], bx
        mov     ecx, 22h
        call    new_segment
        mov     [list + 10], bx
        mov     word [list + 20], 0FFFCh
        mov     xdi, list
        mov     cx, 2
        dpmi    000Eh
        check   nc, "000Eh"
        cmp     cx, 2
        check   e, "CX unchanged"
        cmp     word [list + 2], 11h
        check   e, "first"
        cmp     word [list + 12], 22h
        check   e, "second"
        mov     cx, 3
        dpmi    000Eh
        check_error 8022h, "a bad selector in third place"
        cmp     cx, 2
        check   e, "two were done"
        mov     word [list + 2], 33h
        mov     word [list + 12], 44h
        mov     cx, 3
        dpmi    000Fh
        check_error 8022h, "000Fh: a bad selector in third place"
        cmp     cx, 2
        check   e, "two were set"
        movzx   ebp, word [list]
        lsl     edx, ebp
        cmp     edx, 33h
        check   e, "the first"
        movzx   ebp, word [list + 10]
        lsl     edx, ebp
        cmp     edx, 44h
        check   e, "the second"
        mov     byte [list + 17], 92h
        mov     cx, 2
        dpmi    000Fh
        check_error 8021h, "000Fh: bad rights in second place"
        cmp     cx, 1
        check   e, "one was set"
        pass
        section .bss
list    resb    30
