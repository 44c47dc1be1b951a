; 0006h and 0007h; a segment register that holds the selector sees the new base.
; Rule: DPMI 0.9, INT 31h AX=0006h, 0007h; immediate effect is 1.0.
%include "guest.inc"
        call    enter_protected_mode
        mov     eax, first
        mov     ecx, 3
        call    new_segment
        mov     fs, bx
        cmp     dword [fs:0], 11111111h
        check   e, "the segment covers the first number"
        mov     eax, [program_base]
        add     eax, second
        call    set_base
        check   nc, "0007h"
        cmp     dword [fs:0], 22222222h
        check   e, "FS covers the second number without being loaded again"
        mov     fs, bx
        cmp     dword [fs:0], 22222222h
        check   e, "and when it is"
        mov     eax, 0FEDCBA98h
        call    set_base
        jc      .refused                ; 8025h is allowed for memory nobody may reach
        call    get_base
        cmp     eax, 0FEDCBA98h
        check   e, "all 32 bits of the base"
.refused:
        mov     bx, 0FFFCh
        xor     eax, eax
        call    set_base
        check_error 8022h, "0007h: bad selector"
        mov     bx, 0FFFCh
        dpmi    0006h
        check_error 8022h, "0006h: bad selector"
        pass
        section .data
first   dd      11111111h
second  dd      22222222h
