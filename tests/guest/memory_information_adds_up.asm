; 050Bh and 0500h: what is allocated, free and locked, before and after.
; Rule: DPMI 1.0, INT 31h AX=050Bh; DPMI 0.9, AX=0500h.
%include "guest.inc"
        call    enter_protected_mode
        mov     byte [before + 80h], 77h
        mov     xdi, before
        dpmi    050Bh
        check   nc, "050Bh"
        cmp     byte [before + 80h], 77h
        check   e, "80h bytes are written"
        cmp     dword [before + 34h], 0
        check   e, "reserved bytes are 0"
        cmp     dword [before + 7Ch], 0
        check   e, "to the end"
        cmp     dword [before + 14h], 0
        check   e, "nothing allocated by this client"
        cmp     dword [before + 1Ch], 0
        check   e, "nothing locked"
        cmp     dword [before + 2Ch], 1000h
        check   e, "the smallest unit is a page"
        cmp     dword [before + 30h], 1000h
        check   e, "aligned to pages"
        mov     ebx, [before + 24h]
        inc     ebx
        sub     ebx, 1000h
        mov     ecx, 1000h
        mov     edx, 1
        dpmi    0504h
        check   nc, "the highest linear address can be had"
        xor     ebx, ebx
        mov     ecx, 10000h
        xor     edx, edx
        dpmi    0504h
        check   nc, "uncommitted pages"
        mov     bx, 2
        mov     cx, 0
        dpmi    0501h
        check   nc, "128 KiB"
        mov     si, 0
        mov     di, 3001h
        dpmi    0600h
        check   nc, "of which four pages are locked"
        mov     xdi, after
        dpmi    050Bh
        mov     eax, [after + 14h]
        cmp     eax, 21000h
        check   e, "allocated by this client: what is committed"
        mov     eax, [before + 18h]
        sub     eax, [after + 18h]
        cmp     eax, 21000h
        check   e, "and so much less is available"
        cmp     dword [after + 1Ch], 4000h
        check   e, "locked by this client"
        mov     eax, [before + 28h]
        sub     eax, [after + 28h]
        cmp     eax, 21000h
        check   e, "the largest block"
        mov     xdi, before
        dpmi    0500h
        mov     eax, [after + 28h]
        cmp     eax, [before]
        check   e, "0500h says the same"
        shr     eax, 12
        cmp     eax, [before + 4]
        check   e, "in pages"
        cmp     eax, [before + 14h]
        check   e, "all of it free"
        mov     eax, [before + 18h]
        sub     eax, [before + 10h]
        cmp     eax, 4
        check   e, "four pages are locked"
        pass
        section .bss
        alignb  4
before  resb    84h
after   resb    84h
