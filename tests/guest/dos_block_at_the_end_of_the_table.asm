; 0102h: a block cannot grow when its descriptors would lie behind the last entry of the table, or in one that is taken.
; Rule: DPMI 1.0, INT 31h AX=0100h, 0102h: 8011h.
%include "guest.inc"
        call    enter_protected_mode
.take:  mov     cx, 1                   ; all descriptors
        dpmi    0000h
        jc      .full
        mov     [last], ax
        jmp     .take
.full:  cmp     ax, 8011h
        check   e, "the table is full"
        mov     bx, [last]
        mov     ax, bx
        or      ax, 7
        cmp     ax, 0FFFFh
        check   e, "to its last entry"
        dpmi    0001h
        check   nc, "0001h"
        mov     bx, 100h
        dpmi    0100h
        check   nc, "0100h: a block in the last entry"
        mov     [block], dx
        mov     bx, 2000h
        mov     dx, [block]
        dpmi    0102h
%if WIDTH == 32
        check   nc, "a 32-bit client's block needs no more"
%else
        check_error 8011h, "another 64 KiB would need another entry"
        mov     bx, [block]
        sub     bx, 8
        dpmi    0001h
        check   nc, "the entry before it"
%endif
        mov     dx, [block]
        dpmi    0101h
        check   nc, "0101h"
        mov     bx, [block]
        dpmi    0006h
        check_error 8022h, "its selector is gone"
        mov     dx, [block]
        dpmi    0101h
        check_error 8022h, "0101h twice"
%if WIDTH == 16
        mov     bx, 100h
        dpmi    0100h
        check   nc, "a block with a neighbour behind it that is free"
        mov     [block], dx
        mov     bx, 2000h
        dpmi    0102h
        check   nc, "can grow"
        mov     bx, 100h
        mov     dx, [block]
        dpmi    0102h
        check   nc, "and shrink"
        mov     bx, [block]
        add     bx, 8
        dpmi    0006h
        check_error 8022h, "what it needed is free again"
%endif
        pass
        section .bss
last    resw    1
block   resw    1
