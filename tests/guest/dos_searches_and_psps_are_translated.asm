; INT 21h in protected mode: the disk transfer area, searches, DOS's own structures and PSPs are the client's selectors.
; Rule: reference 6.6: what a DOS translator does with AH=1Ah, 2Fh, 4Eh, 4Fh, 52h, 55h and AX=5D06h; 9.1: AH=00h.
%include "guest.inc"
        call    enter_protected_mode
        mov     ah, 2Fh
        int     21h
        mov     ax, es
        cmp     ax, [psp_selector]
        check   e, "at first the transfer area is in the PSP"
        cmp     xbx, 80h
        check   e, "at 80h"
        mov     xdx, name
        xor     cx, cx
        mov     ah, 3Ch
        int     21h
        check   nc, "create a file"
        mov     bx, ax
        mov     xcx, 5
        mov     xdx, name
        mov     ah, 40h
        int     21h
        mov     ah, 3Eh
        int     21h
        mov     eax, area               ; a selector of its own for the transfer area
        mov     ecx, 2Ah
        call    new_segment
        mov     [area_selector], bx
        push    ds
        mov     ds, bx
        xor     xdx, xdx
        mov     ah, 1Ah
        int     21h
        pop     ds
        mov     ah, 2Fh
        int     21h
        mov     ax, es
        cmp     ax, [area_selector]
        check   e, "the transfer area's selector"
        test    xbx, xbx
        check   z, "and offset"
        push    ds
        pop     es
        mov     xdx, pattern
        mov     cx, 0
        mov     ah, 4Eh
        int     21h
        check   nc, "find first"
        mov     si, area + 1Eh
        mov     di, name
        mov     cx, 10
        cld
        a16 repe cmpsb
        check   e, "the name"
        cmp     dword [area + 1Ah], 5
        check   e, "the size"
        mov     ah, 4Fh
        int     21h
        check   c, "find next"
        cmp     ax, 12h
        check   e, "finds no more"
        mov     xdx, missing
        mov     ah, 4Eh
        int     21h
        check   c, "find what is not there"
        mov     ax, 5D06h
        push    ds
        int     21h
        mov     ax, ds
        mov     fs, ax
        pop     ds
        check   nc, "5D06h"
        mov     bx, [psp_selector]
        call    get_base
        shr     eax, 4
        cmp     ax, [fs:si + 10h]
        check   e, "the PSP stands in the swappable data area"
        mov     ah, 52h
        int     21h
        mov     ax, [es:bx - 2]
        mov     bx, ax
        dpmi    0002h
        check   nc, "the first memory block's segment"
        mov     es, ax
        cmp     byte [es:0], 'M'
        check   e, "is a memory block's"
        mov     bx, 16
        dpmi    0100h
        check   nc, "DOS memory for a PSP"
        mov     [child_segment], ax
        mov     [child_selector], dx
        mov     si, ax
        add     si, 16
        mov     ah, 55h
        int     21h
        mov     ah, 51h
        int     21h
        call    get_base
        movzx   ecx, word [child_segment]
        shl     ecx, 4
        cmp     eax, ecx
        check   e, "55h has made it the current one"
        mov     cx, 1234h
        mov     ah, 0
        int     21h
        cmp     cx, 1234h
        check   e, "00h ends that one and comes back"
        mov     ah, 62h
        int     21h
        cmp     bx, [psp_selector]
        check   e, "to ours"
        mov     dx, [child_selector]
        mov     ah, 55h
        int     21h
        mov     bx, [psp_selector]
        mov     ah, 50h
        int     21h
        mov     ah, 62h
        int     21h
        cmp     bx, [psp_selector]
        check   e, "50h goes back to ours"
        call    new_selector            ; a PSP real mode cannot reach
        mov     eax, 110000h
        call    set_base
        mov     ah, 50h
        int     21h
        check   c, "50h: a PSP in extended memory"
        mov     dx, bx
        mov     ah, 55h
        int     21h
        check   c, "55h: the same"
        mov     ah, 62h
        int     21h
        cmp     bx, [psp_selector]
        check   e, "nothing has changed"
        mov     xdx, name
        mov     ah, 41h
        int     21h
        check   nc, "delete"
        pass
        section .data
name    db      "FOUND.TMP", 0
pattern db      "FOUND.*", 0
missing db      "NOWHERE.*", 0
        section .bss
area_selector resw 1
child_segment resw    1
child_selector resw   1
area    resb    2Bh
