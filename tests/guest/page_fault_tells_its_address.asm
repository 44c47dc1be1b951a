; An access to memory nobody allocated: exception 0Eh, CR2 and the error code in the extended frame.
; Rule: DPMI 1.0, exception 0Eh; processor manual for the error code (user, write).
%include "guest.inc"
        call    enter_protected_mode
        mov     bl, 0Eh
        mov     cx, cs
        mov     xdx, handler
        dpmi    0212h
        check   nc, "0212h"
        mov     bx, 1
        mov     cx, 0
        dpmi    0501h
        check   nc, "0501h"
        mov     [linear], cx
        mov     [linear + 2], bx
        dpmi    0502h
        check   nc, "0502h"
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 0FFFFh
        call    set_limit
        mov     es, bx
        mov     al, [es:1234h]          ; 26 A0 34 12
        mov     eax, [linear]
        add     eax, 1234h
        cmp     eax, [seen_address]
        check   e, "a read: the address"
        cmp     word [seen_error], 4
        check   e, "a read: error code user, not present"
        mov     [es:5678h], al          ; 26 A2 78 56
        mov     eax, [linear]
        add     eax, 5678h
        cmp     eax, [seen_address]
        check   e, "a write: the address"
        cmp     word [seen_error], 6
        check   e, "a write: error code user, write, not present"
        pass
handler:
        push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        mov     eax, [ss:xbp + W + 28h]
        mov     [seen_error], ax
        mov     eax, [ss:xbp + W + 50h]
        mov     [seen_address], eax
        add     dword [ss:xbp + W + 2Ch], 4
        pop     eax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
        section .bss
linear  resd    1
seen_address resd 1
seen_error resw 1
