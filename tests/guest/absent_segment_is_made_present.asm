; A handler for #NP makes the segment present; the instruction is executed again and succeeds.
; Rule: DPMI 0.9, INT 31h AX=0203h: restart.
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0Bh, handler
        mov     eax, data
        mov     ecx, 3
        call    new_segment
        mov     cx, 0012h
        call    set_rights
        mov     [selector], bx
        mov     gs, bx
        cmp     byte [count], 1
        check   e, "one exception"
        mov     ax, gs
        cmp     ax, [selector]
        check   e, "GS is loaded"
        cmp     dword [gs:0], 12345678h
        check   e, "and can be used"
        pass
handler:
        push    ds
        pushad
        mov     ds, [cs:data_selector]
        inc     byte [count]
        mov     bx, [selector]
        mov     cx, 0092h
        call    set_rights
        popad
        pop     ds
        retfx
        section .data
        align   4
data    dd      12345678h
        section .bss
selector resw   1
count   resb    1
