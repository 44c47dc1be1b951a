; INT n to a hook in protected mode pushes a frame of the client's width on the stack of the moment; IF stays, except
; for vectors 0-7.
; Rule: DPMI 0.9, software interrupts; L6 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 66h, old66
        set_vector 66h, handler
        mov     [sp_before], xsp
        stc
        int     66h
behind:
        check   c, "flags come back by IRET"
        mov     ax, ss
        cmp     ax, [seen_ss]
        check   e, "SS unchanged"
        mov     xax, [sp_before]
        sub     xax, 3 * W
        cmp     xax, [seen_sp]
        check   e, "three words of the client's width"
        mov     xax, [seen_ip]
        cmp     xax, behind
        check   e, "the return address is behind the INT"
        mov     ax, cs
        cmp     ax, [seen_cs]
        check   e, "CS in the frame"
        test    word [seen_flags], CF
        check   nz, "FLAGS in the frame"
        cmp     byte [seen_if], 1
        check   e, "interrupts stay on"
        restore_vector 66h, old66
        get_vector 5, old5
        set_vector 5, handler
        int     5
        restore_vector 5, old5
        cmp     byte [seen_if], 0
        check   e, "vector 5: interrupts off"
        cmp     word [count], 2
        check   e, "both ran once"
        pass
handler:
        push    ds
        push    xbp
        mov     xbp, xsp
        mov     ds, [cs:data_selector]
        inc     word [count]
        mov     [seen_ss], ss
        push    xax
        lea     xax, [xbp + W + 2]      ; PUSH DS in 16-bit code takes two bytes
        mov     [seen_sp], xax
        mov     xax, [ss:xbp + W + 2]
        mov     [seen_ip], xax
        mov     ax, [ss:xbp + W + 2 + W]
        mov     [seen_cs], ax
        mov     ax, [ss:xbp + W + 2 + 2 * W]
        mov     [seen_flags], ax
        mov     ax, 0902h
        int     31h
        mov     [seen_if], al
        pop     xax
        pop     xbp
        pop     ds
        iretx
        section .bss
old66   resb    6
        alignb  4
old5    resb    6
        alignb  4
sp_before resd  1
seen_sp resd    1
seen_ip resd    1
seen_ss resw    1
seen_cs resw    1
seen_flags resw 1
count   resw    1
seen_if resb    1
