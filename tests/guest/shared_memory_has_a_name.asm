; 0D00h and 0D01h: the first client makes a block and says how long it is; all see it at the same address.
; Rule: DPMI 1.0, INT 31h AX=0D00h, 0D01h.
%include "guest.inc"
%include "child.inc"
%macro open 2                           ; name, bytes
        mov     dword [request], %2
        mov     dword [request + 4], 0A5A5A5A5h
        mov     dword [request + 10h], %1
        mov     ax, [data_selector]
        mov     [request + 14h], ax
        mov     xdi, request
        dpmi    0D00h
%endmacro
%macro close 1                          ; variable with a handle
        mov     si, [%1 + 2]
        mov     di, [%1]
        dpmi    0D01h
%endmacro
        call    enter_protected_mode
        mov     xdi, before
        dpmi    0500h
        mov     ebx, 0B1B2B3B4h
        mov     ecx, 0C1C2C3C4h
        open    name, 5000
        check   nc, "0D00h"
        cmp     ebx, 0B1B2B3B4h
        check   e, "EBX is kept"
        cmp     ecx, 0C1C2C3C4h
        check   e, "ECX is kept"
        cmp     dword [request + 4], 5000
        check   e, "it is as long as asked for"
        mov     eax, [request + 8]
        mov     [handle], eax
        mov     eax, [request + 0Ch]
        mov     [linear], eax
        call    load_es
        mov     edi, 0
.zero:  cmp     byte [es:edi], 0
        check   e, "its first 16 bytes are zero"
        inc     di
        cmp     di, 16
        jb      .zero
        mov     dword [es:1384], 12345678h
        push    ds
        pop     es
        open    name, 9000
        check   nc, "the same name again"
        cmp     dword [request], 9000
        check   e, "what was asked for stays"
        cmp     dword [request + 4], 5000
        check   e, "the length is the first one's"
        mov     eax, [request + 8]
        mov     [handle2], eax
        cmp     eax, [handle]
        check   ne, "a handle of its own"
        mov     eax, [request + 0Ch]
        cmp     eax, [linear]
        check   e, "the same address"
        open    upper, 100
        check   nc, "another name: letters in upper case"
        mov     eax, [request + 8]
        mov     [handle3], eax
        mov     eax, [request + 0Ch]
        cmp     eax, [linear]
        check   ne, "another block"
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], 'a'
        call    call_real
        cmp     word [regs + rm.eax], 0021h
        check   e, "a child sees it"
        mov     es, [selector]
        cmp     dword [es:1384], 87654321h
        check   e, "and what the child writes is seen here"
        push    ds
        pop     es
        close   handle
        check   nc, "0D01h"
        close   handle
        check_error 8023h, "0D01h twice"
        mov     es, [selector]
        cmp     dword [es:1384], 87654321h
        check   e, "it stays while there is another handle"
        push    ds
        pop     es
        close   handle2
        check   nc, "0D01h for the other"
        close   handle3
        check   nc, "0D01h for the third"
        open    name, 100
        check   nc, "a new block of that name"
        mov     bx, [request + 0Eh]
        mov     cx, [request + 0Ch]
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     si, 0
        mov     di, 100
        dpmi    0600h
        check   nc, "whose page is locked"
        mov     si, [request + 0Ah]
        mov     di, [request + 8]
        dpmi    0D01h
        check   nc, "and which is closed so"
        open    name, 100
        mov     eax, [request + 0Ch]
        cmp     eax, [linear]
        check   e, "another one at the same place"
        mov     bx, [request + 0Eh]
        mov     cx, [request + 0Ch]
        mov     si, 0
        mov     di, 100
        dpmi    0601h
        check_error 8002h, "is not locked"
        cmp     dword [request + 4], 100
        check   e, "with a new length"
        mov     eax, [request + 8]
        mov     [handle], eax
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    0502h
        check_error 8023h, "0502h does not know the handle"
        close   handle
        check   nc, "it can be closed"
        ; errors
        open    name, 0
        check   nc, "no bytes: good for serialization"
        cmp     dword [request + 4], 0
        check   e, "no bytes"
        mov     eax, [request + 8]
        mov     [handle], eax
        close   handle
        check   nc, "closed"
        open    too_long, 100
        check_error 8021h, "a name of 128 bytes without its zero"
        open    fitting, 100
        check   nc, "one of 127 bytes and a zero"
        mov     eax, [request + 8]
        mov     [handle], eax
        close   handle
        mov     dword [request + 18h], 1
        open    name, 100
        check_error 8021h, "a reserved field that is not 0"
        mov     dword [request + 18h], 0
        open    name, 70000000h
        check_error 8013h, "more bytes than there are"
        open    name, 0F0000000h
        check_error 8012h, "more bytes than there are addresses"
        mov     xdi, after
        dpmi    0500h
        mov     eax, [before]
        cmp     eax, [after]
        check   e, "all memory is back"
        pass
load_es:
        call    new_selector
        mov     [selector], bx
        mov     eax, [linear]
        call    set_base
        mov     eax, 4999
        call    set_limit
        mov     es, bx
        ret
start_child:
        call    child_exec
        retf
child:  call    enter_protected_mode
        open    name, 1
        check   nc, "child: 0D00h"
        cmp     dword [request + 4], 5000
        check   e, "child: the length"
        mov     eax, [request + 0Ch]
        mov     [linear], eax
        call    load_es
        cmp     dword [es:1384], 12345678h
        check   e, "child: the contents"
        mov     dword [es:1384], 87654321h
        mov     ax, 4C21h               ; with the handle open
        int     21h
        section .data
name    db      "A name", 0
upper   db      "A NAME", 0
fitting: times 127 db 'y'
        db      0
too_long:   times 128 db 'x'
        db      0
        section .bss
        alignb  4
request resb    1Ch
handle  resd    1
handle2 resd    1
handle3 resd    1
linear  resd    1
selector resw   1
        alignb  4
before  resb    30h
after   resb    30h
