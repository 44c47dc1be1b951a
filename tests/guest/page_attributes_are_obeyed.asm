; 0506h and 0507h: uncommitted pages fault, read-only pages fault when written, accessed and dirty are as set and as the
; processor sets them.
; Rule: DPMI 1.0, INT 31h AX=0506h, 0507h; 0401h bits 0, 4, 5, 6.
%include "guest.inc"
%macro get 2                            ; offset, pages -> words
        mov     esi, [handle]
        mov     ebx, %1
        mov     ecx, %2
        mov     edx, words
        dpmi    0506h
%endmacro
%macro set 2
        mov     esi, [handle]
        mov     ebx, %1
        mov     ecx, %2
        mov     edx, words
        dpmi    0507h
%endmacro
        call    enter_protected_mode
        mov     xdi, vendor
        dpmi    0401h
        and     ax, 71h
        cmp     ax, 71h
        check   e, "the host says that it can"
        mov     bl, 0Eh
        mov     cx, cs
        mov     xdx, handler
        dpmi    0212h
        check   nc, "0212h"
        xor     ebx, ebx
        mov     ecx, 4000h
        xor     edx, edx
        dpmi    0504h
        check   nc, "four uncommitted pages"
        mov     [handle], esi
        mov     [linear], ebx
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 3FFFh
        call    set_limit
        mov     [selector], bx
        get     0, 4
        check   nc, "0506h"
        cmp     dword [words], 0
        check   z, "pages 0 and 1 are uncommitted"
        mov     es, [selector]
        mov     al, [es:1234h]          ; 26 A0 34 12
        cmp     word [seen_error], 4
        check   e, "reading one faults"
        mov     eax, [linear]
        add     eax, 1234h
        cmp     [seen_address], eax
        check   e, "at its address"
        ; pages 1 and 2: committed, read-only and writable
        push    ds
        pop     es
        mov     dword [words], 00090001h
        set     1FFFh, 2
        check   nc, "0507h, from an offset within a page"
        mov     es, [selector]
        mov     al, [es:1234h]
        cmp     al, 0
        check   e, "a committed page is zero"
        mov     [es:1234h], al          ; 26 A2 34 12
        cmp     word [seen_error], 7
        check   e, "writing a read-only page faults: present, write, user"
        cmp     word [seen_information], 0
        check   e, "the client itself did"
        mov     byte [es:2000h], 1
        push    ds
        pop     es
        get     0, 4
        cmp     word [words], 0
        check   e, "page 0 is uncommitted"
        cmp     word [words + 2], 31h
        check   e, "page 1 is committed, accessed"
        cmp     word [words + 4], 79h
        check   e, "page 2 is committed, writable, accessed, dirty"
        ; marks: cleared by 0507h, set by use
        mov     word [words], 1Bh
        set     2000h, 1
        check   nc, "clear the marks of page 2"
        get     2000h, 1
        cmp     word [words], 19h
        check   e, "neither accessed nor dirty"
        mov     es, [selector]
        mov     al, [es:2FFFh]
        push    ds
        pop     es
        get     2000h, 1
        cmp     word [words], 39h
        check   e, "a read: accessed"
        mov     es, [selector]
        mov     [es:2FFFh], al
        push    ds
        pop     es
        get     2000h, 1
        cmp     word [words], 79h
        check   e, "a write: dirty"
        ; the host reads and writes for the client as the client would
        mov     word [words], 1Bh
        set     2000h, 1
        mov     es, [selector]
        mov     xdi, 2800h
        mov     bx, cs
        dpmi    000Bh
        check   nc, "000Bh"
        push    ds
        pop     es
        get     2000h, 1
        cmp     word [words], 79h
        check   e, "a page the host has written is dirty"
        mov     dword [seen_error], 0
        mov     es, [selector]
        mov     bx, cs
        mov     xdi, 1800h
        mov     word [skip], 2
        dpmi    000Bh
        push    ds
        pop     es
        cmp     word [seen_error], 7
        check   e, "the host does not write a read-only page"
        cmp     word [seen_information], 1
        check   e, "it was the host who met it"
        mov     word [skip], 4
        ; errors
        mov     dword [words], 0009000Ah
        set     0, 2
        check_error 8021h, "type 2 cannot be set"
        test    ecx, ecx
        check   z, "no page done"
        mov     dword [words], 00020009h
        set     0, 2
        check_error 8021h, "type 2 cannot be set, second page"
        cmp     ecx, 1
        check   e, "one page done"
        get     0, 1
        and     word [words], 0Fh
        cmp     word [words], 9
        check   e, "it is"
        mov     word [words], 0Bh
        set     3000h, 1
        check_error 8002h, "an uncommitted page has no type to keep"
        get     3000h, 2
        check_error 8025h, "0506h beyond the end"
        set     4000h, 1
        check_error 8025h, "0507h beyond the end"
        get     0, 80000001h
        check_error 8025h, "0506h of too many pages"
        set     0, 0
        check   nc, "no pages at all"
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    0502h
        check   nc, "0502h"
        get     0, 1
        check_error 8023h, "0506h: the handle is dead"
        set     0, 1
        check_error 8023h, "0507h: the handle is dead"
        pass
handler:                                ; note it and skip the instruction
        push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        mov     eax, [ss:xbp + W + 28h]
        mov     [seen_error], ax
        mov     eax, [ss:xbp + W + 50h]
        mov     [seen_address], eax
        mov     ax, [ss:xbp + W + 32h]
        mov     [seen_information], ax
        movzx   eax, word [skip]
        add     dword [ss:xbp + W + 2Ch], eax
        pop     eax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
        section .data
skip    dw      4
        section .bss
handle  resd    1
linear  resd    1
selector resw   1
seen_error resw 1
seen_information resw 1
        alignb  4
seen_address resd 1
words   resw    8
vendor  resb    128
