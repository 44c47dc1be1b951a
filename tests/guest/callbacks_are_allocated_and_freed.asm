; At least 32 callbacks per client, each with its own address; double free and wrong addresses fail with 8024h.
; Rule: DPMI 0.9, INT 31h AX=0303h, 0304h (16 at least; this host promises 32); errors of 1.0.
%include "guest.inc"
        call    enter_protected_mode
        xor     bp, bp
.each:  callback_alloc handler, structure, address
        jc      .full
        mov     eax, [address]
        mov     si, bp
        shl     si, 2
        mov     di, si                  ; none of the addresses before?
.same:  sub     di, 4
        js      .new
        cmp     eax, [addresses + di]
        jne     .same
        cmp     ax, ax
        check   ne, "every address is another"
.new:   mov     [addresses + si], eax
        inc     bp
        cmp     bp, 200
        jb      .each
.full:  cmp     bp, 200
        je      .counted
        cmp     ax, 8015h
        check   e, "8015h when there are no more"
.counted:
        cmp     bp, 32
        check   ae, "32 at least"
        callback_free addresses + 4 * 5
        check   nc, "free the sixth"
        callback_free addresses + 4 * 5
        check_error 8024h, "free it again"
        callback_alloc handler, structure, address
        check   nc, "a freed one can be had again"
        mov     eax, [address]
        mov     [addresses + 4 * 5], eax
        mov     cx, 0F000h
        mov     dx, 0FFF0h
        dpmi    0304h
        check_error 8024h, "no callback at the reset vector"
        mov     cx, [addresses + 2]
        mov     dx, [addresses]
        dec     dx
        dpmi    0304h
        check_error 8024h, "no callback a byte beside one"
.free:  dec     bp
        js      .freed
        mov     si, bp
        shl     si, 2
        mov     dx, [addresses + si]
        mov     cx, [addresses + si + 2]
        dpmi    0304h
        check   nc, "each can be freed"
        jmp     .free
.freed: pass
handler:
        callback_return
        section .bss
address resd    1
        alignb  4
structure resb  rm_size
        alignb  4
addresses resd  200
