; 0200h and 0201h read and write the interrupt table in memory.
; Rule: DPMI 0.9, INT 31h AX=0200h, 0201h.
%include "guest.inc"
        call    enter_protected_mode
        xor     bx, bx
        dpmi    0002h
        check   nc, "a selector for segment 0"
        mov     gs, ax
        mov     bl, 67h
        dpmi    0200h
        check   nc, "0200h"
        mov     [old], dx
        mov     [old + 2], cx
        mov     eax, [old]
        cmp     eax, [gs:67h * 4]
        check   e, "what the table says"
        mov     bl, 67h
        mov     cx, 1234h
        mov     dx, 5678h
        dpmi    0201h
        check   nc, "0201h"
        cmp     dword [gs:67h * 4], 12345678h
        check   e, "the table has it"
        restore_real_vector 67h, old
        mov     bl, 0FFh
        dpmi    0200h
        check   nc, "all 256 exist"
        pass
        section .bss
old     resd    1
