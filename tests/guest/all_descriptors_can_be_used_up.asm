; The table has an end: 0000h then fails with 8011h, and works again when descriptors were freed.
; Rule: DPMI 0.9, INT 31h AX=0000h; error code of 1.0. No scattered run satisfies a request for contiguous ones.
%include "guest.inc"
        call    enter_protected_mode
        xor     ebp, ebp
.more:  mov     cx, 1
        dpmi    0000h
        jc      .full
        mov     [last], ax
        inc     ebp
        cmp     ebp, 9000
        jb      .more
        cmp     ax, ax
        check   ne, "the table is full at some point"
.full:  cmp     ax, 8011h
        check   e, "8011h when full"
        cmp     ebp, 100
        check   a, "a hundred descriptors at least"
        mov     bx, [last]
        dpmi    0001h
        check   nc, "free one"
        sub     bx, 16
        dpmi    0001h
        check   nc, "free another, not beside it"
        mov     cx, 2
        dpmi    0000h
        check_error 8011h, "two in a row are not there"
        mov     cx, 1
        dpmi    0000h
        check   nc, "one is"
        pass
        section .bss
last    resw    1
