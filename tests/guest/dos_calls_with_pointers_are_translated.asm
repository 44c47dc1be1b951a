; INT 21h in protected mode takes selectors: printing, files, memory, vectors, PSP. (The host has the MS-DOS interface.)
; Rule: reference 6.6: what a DOS translator does.
%include "guest.inc"
        call    enter_protected_mode
        mov     xdx, text
        mov     ah, 9
        int     21h
        mov     xdx, name
        xor     cx, cx
        mov     ah, 3Ch
        int     21h
        check   nc, "create a file"
        mov     [file], ax
        mov     bx, ax
        mov     xcx, 11
        mov     xdx, text
        mov     ah, 40h
        int     21h
        check   nc, "write"
        cmp     xax, 11
        check   e, "all of it"
        mov     bx, [file]
        xor     cx, cx
        xor     dx, dx
        mov     ax, 4200h
        int     21h
        check   nc, "seek"
        mov     eax, buffer             ; read through another selector, with exactly the room there is
        mov     ecx, 10
        call    new_segment
        push    ds
        mov     ax, [file]
        mov     ds, bx
        mov     bx, ax
        mov     xcx, 11
        xor     xdx, xdx
        mov     ah, 3Fh
        int     21h
        pop     ds
        check   nc, "read"
        cmp     xax, 11
        check   e, "all of it back"
        mov     si, text
        mov     di, buffer
        mov     cx, 11
        cld
        a16 repe cmpsb
        check   e, "the same bytes"
        mov     bx, [file]
        mov     ah, 3Eh
        int     21h
        check   nc, "close"
        mov     xdx, name
        mov     ax, 3D00h
        int     21h
        check   nc, "open"
        mov     bx, ax
        mov     ah, 3Eh
        int     21h
        mov     xdx, name
        mov     ah, 41h
        int     21h
        check   nc, "delete"
        mov     xdx, name
        mov     ax, 3D00h
        int     21h
        check   c, "open what is deleted"
        cmp     ax, 2
        check   e, "error 2"
        mov     ah, 62h
        int     21h
        cmp     bx, [psp_selector]
        check   e, "62h: the PSP's selector"
        mov     ax, 3566h
        int     21h
        mov     [old], xbx
        mov     [old + W], es
        push    ds
        pop     es
        push    ds
        mov     xdx, vector
        push    cs
        pop     ds
        mov     ax, 2566h
        int     21h
        pop     ds
        mov     ax, 1
        int     66h
        cmp     ax, 101h
        check   e, "25h: a protected-mode vector"
        mov     bl, 66h
        dpmi    0204h
        cmp     dx, vector
        check   e, "which 0204h knows"
        mov     bx, 10h
        mov     ah, 48h
        int     21h
        check   nc, "48h: memory"
        mov     es, ax
        mov     byte [es:0FFh], 1
        mov     ah, 49h
        int     21h
        check   nc, "49h: free it"
        push    ds
        pop     es
        pass
vector: add     ax, 100h
        iretx
        section .data
text    db      "Hello world", 13, 10, "$"
name    db      "GUEST.TMP", 0
        section .bss
old     resb    6
file    resw    1
buffer  resb    16
