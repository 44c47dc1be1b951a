; 0000h gives contiguous descriptors: data, read/write, base 0, limit 0; 0003h tells the step.
; Rule: DPMI 0.9, INT 31h AX=0000h, 0003h.
%include "guest.inc"
        call    enter_protected_mode
        dpmi    0003h
        check   nc, "0003h"
        cmp     ax, 8
        check   e, "the step is 8"
        mov     cx, 5
        dpmi    0000h
        check   nc, "0000h of five"
        mov     [first], ax
        mov     bx, ax
        and     al, 7
        cmp     al, 7
        check   e, "LDT selector, RPL of the client"
        mov     cx, 5
.each:  push    cx
        call    get_base
        test    eax, eax
        check   z, "base 0"
        movzx   ecx, bx
        lsl     edx, ecx
        check   z, "LSL knows it"
        test    edx, edx
        check   z, "limit 0"
        lar     edx, ecx
        and     edx, 0FE00h
        cmp     edx, 0F200h
        check   e, "present, DPL 3, data, writable, expand-up"
        add     bx, 8
        pop     cx
        dec     cx
        jnz     .each
        mov     es, [first]
        cmp     byte [es:0], 0          ; the one byte there is
        push    ds
        pop     es
        mov     cx, 1
        dpmi    0000h
        check   nc, "one more"
        mov     dx, ax
        sub     ax, [first]
        cmp     ax, 40
        jae     .other
        cmp     dx, [first]
        check   b, "not one that is in use"
.other: mov     bx, [first]
        add     bx, 16
        dpmi    0001h
        check   nc, "the third alone can be freed"
        mov     bx, [first]
        dpmi    0006h
        check   nc, "the first is still there"
        mov     bx, [first]
        add     bx, 16
        dpmi    0006h
        check_error 8022h, "the freed one is not"
        pass
        section .bss
first   resw    1
