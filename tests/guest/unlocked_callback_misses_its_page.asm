; A callback whose data lie in unlocked memory: the page is missing when the handler wants it. Locked, all is well.
; Rule: DPMI 0.9, INT 31h AX=0600h: memory touched by callbacks has to be locked; reference, section 10.
; options: --paging strict
%include "guest.inc"
        call    enter_protected_mode
        dpmi    0400h
        test    bl, 4
        check   nz, "the host says that it has virtual memory"
        mov     bl, 0Eh
        mov     cx, cs
        mov     xdx, fault
        dpmi    0212h
        check   nc, "0212h"
        mov     bx, 0
        mov     cx, 2000h
        dpmi    0501h
        check   nc, "0501h"
        mov     [linear], cx
        mov     [linear + 2], bx
        call    new_selector
        mov     [selector], bx
        mov     eax, [linear]
        call    set_base
        mov     eax, 1FFFh
        call    set_limit
        mov     es, bx
        mov     dword [es:123h], 12345678h
        dpmi    0604h                   ; any call of the host
        cmp     dword [es:123h], 12345678h
        check   e, "outside a callback the page comes back by itself"
        cmp     word [faults], 0
        check   e, "and nobody notices"
        push    ds
        pop     es
        callback_alloc handler, structure, callback
        check   nc, "0303h"
        real_call procedure
        cmp     word [faults], 1
        check   e, "in the callback it is missing"
        mov     eax, [linear]
        add     eax, 123h
        cmp     [address], eax
        check   e, "at its address"
        cmp     dword [seen], 0
        check   e, "so the handler did not get it"
        mov     bx, [linear + 2]
        mov     cx, [linear]
        xor     si, si
        mov     di, 2000h
        dpmi    0600h
        check   nc, "0600h"
        real_call procedure
        cmp     word [faults], 1
        check   e, "locked it stays"
        cmp     dword [seen], 12345678h
        check   e, "with its contents"
        mov     bx, [linear + 2]
        mov     cx, [linear]
        mov     di, 2000h
        dpmi    0601h
        check   nc, "0601h"
        mov     dword [seen], 0
        real_call procedure
        cmp     word [faults], 2
        check   e, "unlocked it goes again"
        ; the hints
        mov     bx, [linear + 2]
        mov     cx, [linear]
        mov     di, 2000h
        dpmi    0703h
        check   nc, "0703h"
        mov     es, [selector]
        cmp     dword [es:123h], 0
        check   e, "what was discarded is gone"
        pass
procedure:                              ; real mode
        call    far [callback]
        retf
handler:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        push    gs
        mov     gs, [selector]
        mov     eax, [gs:123h]          ; 65 66 A1 23 01
        mov     [seen], eax
after:  pop     gs
        pop     eax
        pop     ds
        callback_return
fault:  push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     word [faults]
        mov     eax, [ss:xbp + W + 50h]
        mov     [address], eax
        mov     word [ss:xbp + W + 2Ch], after
        pop     eax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
        section .bss
linear  resd    1
address resd    1
seen    resd    1
callback resd   1
selector resw   1
faults  resw    1
        alignb  4
structure resb  rm_size
