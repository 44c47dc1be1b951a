; Palette calls and strings take a client's pointers; fonts and the configuration table come as selectors.
; Rule: reference 6.6: INT 10h AX=1002h, 1009h, 1012h, 1017h and INT 15h AH=C0h; so do AH=13h and AX=1130h.
%include "guest.inc"
        call    enter_protected_mode
        mov     eax, colors             ; a selector with no more room than the call needs
        mov     ecx, 5
        call    new_segment
        mov     es, bx
        mov     bx, 200
        mov     xcx, 2
        xor     xdx, xdx
        mov     ax, 1012h
        int     10h
        test    xdx, xdx
        check   z, "(E)DX is kept"
        push    ds
        pop     es
        mov     bx, 200
        mov     xcx, 2
        mov     xdx, back
        mov     ax, 1017h
        int     10h
        mov     si, colors
        mov     di, back
        mov     cx, 6
        cld
        a16 repe cmpsb
        check   e, "colours come back as they were set"
        mov     xdx, palette
        mov     ax, 1009h
        int     10h
        mov     byte [palette + 3], 2Ah
        mov     xdx, palette
        mov     ax, 1002h
        int     10h
        mov     bx, 3
        mov     ax, 1007h
        int     10h
        cmp     bh, 2Ah
        check   e, "palette registers are read and set"
        mov     ah, 0C0h
        int     15h
        check   nc, "the configuration table"
        cmp     byte [es:bx + 2], 0FCh
        check   e, "is that of an AT"
        mov     bh, 3
        mov     ax, 1130h
        int     10h
        cmp     byte [es:bp + 8 * 'T'], 0FCh
        check   e, "the bar of a T in the font"
        push    ds
        pop     es
        mov     xbp, text
        mov     cx, 3
        mov     bx, 4
        mov     dx, 0
        mov     ax, 1301h
        int     10h
        cmp     xbp, text
        check   e, "(E)BP is kept"
        mov     dx, 2
        mov     bh, 0
        mov     ah, 2
        int     10h
        mov     ah, 8
        int     10h
        cmp     ax, 0400h + 'z'
        check   e, "the string is on the screen"
        pass
        section .data
text    db      "xyz"
colors  db      1, 2, 3, 61, 62, 63
        section .bss
back    resb    6
palette resb    17
