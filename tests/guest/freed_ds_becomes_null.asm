; Segment registers that hold a freed selector are null afterwards.
; Rule: DPMI 1.0, INT 31h AX=0001h (real 0.9 hosts do the same).
%include "guest.inc"
        call    enter_protected_mode
        call    new_selector
        mov     [selector], bx
        mov     es, bx
        mov     fs, bx
        mov     gs, bx
        mov     ds, bx
        dpmi    0001h
        mov     dx, ds
        mov     ds, [cs:data_selector]
        check   nc, "0001h"
        test    dx, dx
        check   z, "DS"
        mov     dx, es
        test    dx, dx
        check   z, "ES"
        mov     dx, fs
        test    dx, dx
        check   z, "FS"
        mov     dx, gs
        test    dx, dx
        check   z, "GS"
        mov     bx, [selector]
        dpmi    0001h
        check_error 8022h, "freeing it twice fails"
        xor     bx, bx
        dpmi    0001h
        check_error 8022h, "freeing null fails"
        mov     bx, 0FFFCh
        dpmi    0001h
        check_error 8022h, "freeing what was never allocated fails"
        pass
        section .bss
selector resw   1
