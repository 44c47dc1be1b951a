; 0702h and 0703h: hints about pages; addresses that are not the client's are refused.
; Rule: DPMI 0.9, INT 31h AX=0702h, 0703h.
%include "guest.inc"
%macro hint 2                           ; function, bytes (less than 64 KiB) at the block
        mov     bx, [linear + 2]
        mov     cx, [linear]
        mov     si, 0
        mov     di, %2
        dpmi    %1
%endmacro
        call    enter_protected_mode
        mov     bx, 0
        mov     cx, 4000h
        dpmi    0501h
        check   nc, "0501h"
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     [handle], di
        mov     [handle + 2], si
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 3FFFh
        call    set_limit
        mov     es, bx
        mov     byte [es:1800h], 55h
        hint    0600h, 4000h
        check   nc, "0600h"
        hint    0702h, 4000h
        check   nc, "0702h"
        cmp     di, 4000h
        check   e, "DI is kept"
        cmp     byte [es:1800h], 55h
        check   e, "contents stay"
        hint    0703h, 4000h
        check   nc, "0703h"
        cmp     byte [es:1800h], 55h
        check   e, "contents of locked pages stay"
        hint    0703h, 5000h
        check_error 8025h, "0703h beyond the end"
        hint    0702h, 5000h
        check_error 8025h, "0702h beyond the end"
        hint    0702h, 10h
        check   nc, "no whole page"
        mov     bx, 0C000h
        mov     cx, 0
        mov     di, 1000h
        dpmi    0703h
        check_error 8025h, "memory of the host"
        mov     bx, 0FFFFh
        mov     cx, 0F000h
        mov     di, 2000h
        dpmi    0702h
        check_error 8025h, "beyond the last address"
        pass
        section .bss
linear  resd    1
handle  resd    1
