; 0501h-0503h: blocks can be written to their last byte, keep their contents when resized, and come back when freed.
; Rule: DPMI 0.9, INT 31h AX=0500h-0503h; errors of 1.0.
%include "guest.inc"
        call    enter_protected_mode
        mov     dword [info + 2Ch], 12345678h
        mov     dword [info + 30h], 12345678h
        mov     xdi, info
        dpmi    0500h
        check   nc, "0500h"
        cmp     dword [info], 100000h
        check   ae, "a megabyte is free at least"
        cmp     dword [info + 30h], 12345678h
        check   e, "30h bytes are written"
        mov     bx, 3
        mov     cx, 1000h
        dpmi    0501h
        check   nc, "0501h"
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     [handle], di
        mov     [handle + 2], si
        test    dword [linear], 15
        check   z, "aligned to a paragraph"
        cmp     dword [linear], 100000h
        check   ae, "above the first megabyte"
        call    new_selector
        mov     [selector], bx
        mov     eax, [linear]
        call    set_base
        check   nc, "0007h"
        mov     eax, 30FFFh
        call    set_limit
        check   nc, "0008h"
        mov     es, bx
        mov     dword [es:0], 11223344h
        mov     eax, 30FFCh
        mov     dword [es:eax], 55667788h
        push    ds
        pop     es
        mov     bx, 1
        mov     cx, 0
        dpmi    0501h
        check   nc, "a second block"
        mov     [handle2], di
        mov     [handle2 + 2], si
        mov     [linear2], cx
        mov     [linear2 + 2], bx
        mov     eax, [linear2]
        sub     eax, [linear]
        jb      .below
        cmp     eax, 31000h
        check   ae, "does not overlap the first"
        jmp     .apart
.below: neg     eax
        cmp     eax, 10000h
        check   ae, "does not overlap the first (below)"
.apart: mov     si, [handle + 2]
        mov     di, [handle]
        mov     bx, 40h
        mov     cx, 0
        dpmi    0503h
        check   nc, "0503h: grow to 4 MB"
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     [handle], di
        mov     [handle + 2], si
        mov     bx, [selector]
        mov     eax, [linear]
        call    set_base
        mov     eax, 3FFFFFh
        call    set_limit
        mov     es, bx
        cmp     dword [es:0], 11223344h
        check   e, "contents kept at the start"
        mov     eax, 30FFCh
        cmp     dword [es:eax], 55667788h
        check   e, "contents kept at the old end"
        mov     eax, 3FFFFCh
        mov     dword [es:eax], 99AABBCCh
        cmp     dword [es:eax], 99AABBCCh
        check   e, "the new end can be used"
        push    ds
        pop     es
        mov     si, [handle + 2]
        mov     di, [handle]
        mov     bx, 0
        mov     cx, 1000h
        dpmi    0503h
        check   nc, "0503h: shrink to 4 KB"
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     [handle], di
        mov     [handle + 2], si
        mov     bx, [selector]
        mov     eax, [linear]
        call    set_base
        mov     es, bx
        cmp     dword [es:0], 11223344h
        check   e, "contents kept"
        push    ds
        pop     es
        mov     si, [handle + 2]
        mov     di, [handle]
        xor     bx, bx
        xor     cx, cx
        dpmi    0503h
        check_error 8021h, "0503h: size 0"
        xor     bx, bx
        xor     cx, cx
        dpmi    0501h
        check_error 8021h, "0501h: size 0"
        mov     bx, 0FFFFh
        mov     cx, 0
        dpmi    0501h
        check   c, "0501h: 4 GB"
        cmp     ax, 8012h
        je      .code
        cmp     ax, 8013h
        check   e, "0501h: 8012h or 8013h"
.code:  mov     si, [handle + 2]
        mov     di, [handle]
        mov     bx, 0FFFFh
        mov     cx, 0
        dpmi    0503h
        check   c, "0503h: 4 GB"
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    0502h
        check   nc, "0502h: the handle was good still"
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    0502h
        check_error 8023h, "0502h: twice"
        mov     si, [handle2 + 2]
        mov     di, [handle2]
        dpmi    0502h
        check   nc, "0502h: the second"
        mov     ebp, [info]
        mov     xdi, info
        dpmi    0500h
        cmp     [info], ebp
        check   e, "all of it is free again"
        mov     si, 0FFFFh
        mov     di, 0FFFFh
        mov     bx, 1
        mov     cx, 0
        dpmi    0503h
        check_error 8023h, "0503h: bad handle"
        pass
        section .bss
linear  resd    1
linear2 resd    1
handle  resd    1
handle2 resd    1
selector resw   1
        alignb  4
info    resb    34h
