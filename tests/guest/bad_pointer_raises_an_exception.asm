; A pointer the processor would refuse is a fault of the client's INT 31h, not an error code.
; Rule: DPMI 1.0, INT 31h: invalid pointers cause an exception (13) delivered to the client.
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0Dh, handler
        mov     bx, ds
        xor     ax, ax
        mov     es, ax
        mov     xdi, buffer
        mov     ax, 000Bh
where:  int     31h
        push    ds
        pop     es
        cmp     byte [faults], 1
        check   e, "a null ES faults"
        mov     eax, buffer
        mov     ecx, 3
        call    new_segment
        mov     es, bx
        mov     xdi, 0
        mov     ax, 000Bh
        int     31h
        push    ds
        pop     es
        cmp     byte [faults], 2
        check   e, "a buffer beyond its limit faults"
        pass
handler:
        push    xbp
        mov     xbp, xsp
        push    ds
        push    bx
        mov     ds, [cs:data_selector]
        inc     byte [faults]
        mov     bx, [ss:xbp + W + frame_ip]
        cmp     word [cs:bx], 31CDh     ; at the INT: skip it; behind it: go on
        jne     .behind
        add     word [ss:xbp + W + frame_ip], 2
.behind:
        pop     bx
        pop     ds
        pop     xbp
        retfx
        section .bss
faults  resb    1
        alignb  4
buffer  resb    8
