; The extended memory driver is found as HIMEM is, and its blocks come out of the memory the host gives its clients.
; Rule: XMS 3.0: INT 2Fh AX=4300h, 4310h, functions 08h to 0Eh. Memory is one: DPMI 0.9, INT 31h AX=0500h shows the same.
%include "guest.inc"
        mov     ax, 4300h
        int     2Fh
        cmp     al, 80h
        check   e, "the driver is there"
        mov     ax, 4310h
        int     2Fh
        mov     [driver], bx
        mov     [driver + 2], es
        push    ds
        pop     es
        mov     ah, 8
        call    far [driver]
        mov     [total], dx
        mov     ah, 9
        mov     dx, 256
        call    far [driver]
        cmp     ax, 1
        check   e, "a block of 256 KiB"
        mov     [handle], dx
        mov     ah, 8
        call    far [driver]
        mov     ax, [total]
        sub     ax, dx
        cmp     ax, 256
        check   e, "256 KiB less are free"
        mov     [free_now], dx
        mov     ax, ds
        mov     [move + 8], ax
        mov     ax, [handle]
        mov     [move + 10], ax
        mov     si, move
        mov     ah, 0Bh
        call    far [driver]
        cmp     ax, 1
        check   e, "conventional memory is copied into it"
        mov     dx, [handle]
        mov     ah, 0Ch
        call    far [driver]
        cmp     ax, 1
        check   e, "it is locked"
        mov     [linear], bx
        mov     [linear + 2], dx
        call    enter_protected_mode
        push    ds
        pop     es
        mov     xdi, information
        dpmi    0500h
        check   nc, "0500h"
        mov     eax, [information]
        shr     eax, 10
        cmp     ax, [free_now]
        check   be, "the host has no more than the driver says"
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 0FFFFh
        call    set_limit
        mov     fs, bx
        mov     ax, [fs:4]
        cmp     ax, "in"
        check   e, "a client finds the block at its address"
        mov     word [fs:4], "up"
        call    release
        pass

release:                                ; in real mode: copy back, unlock, free
        real_call .real
        cmp     word [text], "up"
        check   e, "the driver copies what the client wrote"
        cmp     word [answer], 1
        check   e, "the block is free again"
        ret
.real:  mov     ax, [move + 10]         ; source and destination change places
        mov     ebx, [move + 12]
        mov     dx, [move + 4]
        mov     ecx, [move + 6]
        mov     [move + 4], ax
        mov     [move + 6], ebx
        mov     [move + 10], dx
        mov     [move + 12], ecx
        mov     si, move
        mov     ah, 0Bh
        call    far [driver]
        mov     dx, [handle]
        mov     ah, 0Dh
        call    far [driver]
        mov     dx, [handle]
        mov     ah, 0Ah
        call    far [driver]
        mov     [answer], ax
        retf

        section .data
text    db      "into"
move    dd      4                       ; bytes
        dw      0                       ; from conventional memory
        dw      text, 0
        dw      0                       ; into the block
        dd      4
        section .bss
driver  resd    1
linear  resd    1
total   resw    1
free_now resw   1
handle  resw    1
answer  resw    1
        alignb  4
information resb 48
