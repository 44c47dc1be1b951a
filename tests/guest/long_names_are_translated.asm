; INT 21h AH=71h in protected mode: long names through selectors, and through INT 31h AX=0300h with real-mode segments.
; Rule: reference 6.6 (71xxh is on the list of a DOS translator); clients.md: what DJGPP asks.
%include "guest.inc"
        call    enter_protected_mode
        push    ds
        pop     es
        stc
        mov     xdx, root
        mov     xdi, buffer
        mov     cx, 32
        int21   71A0h
        check   nc, "71A0h: drive C: has long names"
        test    bx, 4000h
        check   nz, "it says so"
        cmp     cx, 255
        check   e, "names are this long"
        cmp     dx, 260
        check   e, "and paths"
        cmp     dword [buffer], "FAT"
        check   e, "its name comes through ES:(E)DI"
        mov     dword [buffer], "????"
        mov     xdx, root
        mov     cx, 2
        int21   71A0h
        cmp     dword [buffer], "FA??"
        check   e, "no more of it than CX bytes"
        mov     xdx, directory
        int21   7139h
        check   nc, "7139h: make a directory"
        cmp     xdx, directory
        check   e, "(E)DX is kept"
        mov     xdx, directory
        int21   713Bh
        check   nc, "713Bh: go there"
        xor     dx, dx
        mov     xsi, buffer
        int21   7147h
        check   nc, "7147h: where are we?"
        mov     xdi, directory
        call    same
        check   e, "in the long name"
        mov     bx, 2
        mov     cx, 0
        mov     dx, 10h
        mov     xsi, name
        int21   716Ch
        check   nc, "716Ch: make a file"
        cmp     cx, 2
        check   e, "made"
        mov     [file], ax
        mov     bx, ax
        mov     xcx, 5
        mov     xdx, name
        mov     ah, 40h
        int     21h
        check   nc, "write"
        mov     bx, [file]
        mov     xdx, information
        int21   71A6h
        check   nc, "71A6h: about the file"
        cmp     dword [information + 24h], 5
        check   e, "its size"
        mov     bx, [file]
        mov     ah, 3Eh
        int     21h
        mov     xdx, pattern
        mov     xdi, found
        mov     cx, 0
        mov     si, 1
        int21   714Eh
        check   nc, "714Eh: find it"
        mov     [search], ax
        cmp     dword [found + 20h], 5
        check   e, "the size"
        mov     xsi, found + 2Ch
        mov     xdi, name
        call    same
        check   e, "the long name"
        mov     xsi, found + 130h
        mov     xdi, alias
        call    same
        check   e, "and the other"
        mov     bx, [search]
        mov     xdi, found
        int21   714Fh
        check   c, "714Fh: there is one only"
        cmp     ax, 12h
        check   e, "no more files"
        mov     bx, [search]
        int21   71A1h
        check   nc, "71A1h: end the search"
        mov     cx, 2
        mov     xsi, alias
        mov     xdi, buffer
        int21   7160h
        check   nc, "7160h: the long name of an alias"
        mov     xsi, buffer
        mov     xdi, whole
        call    same
        check   e, "with its path"
        mov     bx, 0
        mov     xdx, name
        int21   7143h
        check   nc, "7143h: attributes"
        cmp     cx, 20h
        check   e, "to be archived"
        mov     bx, 4
        mov     xdx, name
        int21   7143h
        check   nc, "7143h: when was it written?"
        mov     dx, di
        mov     bx, 1
        mov     xdi, moment
        int21   71A7h
        check   nc, "71A7h: as a file time"
        mov     bx, 0
        mov     xsi, moment
        push    dx
        int21   71A7h
        pop     ax
        cmp     dx, ax
        check   e, "and back"
        mov     xsi, name
        mov     xdi, buffer
        mov     dx, 100h
        int21   71A8h
        check   nc, "71A8h: a DOS name"
        mov     xsi, buffer
        mov     xdi, short_name
        call    same
        check   e, "without a number"
        mov     xdx, name
        mov     xdi, other
        int21   7156h
        check   nc, "7156h: rename"
        mov     ax, [real_segment]
        mov     [regs + rm.ds], ax
        mov     word [regs + rm.esi], other
        mov     dword [regs + rm.ebx], 0
        mov     dword [regs + rm.ecx], 0
        mov     dword [regs + rm.edx], 1
        mov     dword [regs + rm.eax], 716Ch
        mov     dword [regs + rm.sp], 0
        mov     word [regs + rm.flags], 202h
        mov     xdi, regs
        mov     bx, 21h
        xor     cx, cx
        dpmi    0300h
        check   nc, "INT 31h AX=0300h"
        test    byte [regs + rm.flags], CF
        check   z, "716Ch from real mode: open it"
        mov     bx, [regs + rm.eax]
        mov     ah, 3Eh
        int     21h
        check   nc, "close"
        mov     xdx, pattern_of_other
        mov     si, 1
        mov     cx, 0
        int21   7141h
        check   nc, "7141h: delete by wildcards"
        mov     xdx, up
        int21   713Bh
        check   nc, "713Bh: back"
        mov     xdx, directory
        int21   713Ah
        check   nc, "713Ah: remove the directory"
        int21   71B0h
        check   c, "71B0h: there is no such function"
        cmp     ax, 7100h
        check   e, "AL=0 says so"
        pass

same:                                   ; ASCIIZ strings at DS:(E)SI and ES:(E)DI: ZF
        cld
.next:
%if WIDTH == 32
        a32 lodsb
        a32 scasb
%else
        lodsb
        scasb
%endif
        jne     .done
        test    al, al
        jnz     .next
.done:  ret

        section .data
root    db      "C:\", 0
directory db    "A Directory of its own", 0
name    db      "A long Name.text", 0
alias   db      "ALONGN~1.TEX", 0
short_name db   "ALONGNAM.TEX", 0
pattern db      "a*name.*", 0
other   db      "Quite another one", 0
pattern_of_other db "quite*", 0
whole   db      "C:\A Directory of its own\A long Name.text", 0
up      db      "..", 0
        section .bss
        alignb  4
found   resb    318
information resb 52
moment  resb    8
buffer  resb    261
file    resw    1
search  resw    1
