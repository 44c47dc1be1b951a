; 000Dh gives one of the first sixteen descriptors; 0000h never does.
; Rule: DPMI 0.9, INT 31h AX=000Dh: selectors 04h-7Ch; 8011h in use, 8022h outside.
%include "guest.inc"
        call    enter_protected_mode
        mov     cx, 30
        dpmi    0000h
        check   nc, "thirty ordinary ones"
        cmp     ax, 80h
        check   ae, "are not among the first sixteen"
        mov     bp, 4
.each:  mov     bx, bp
        dpmi    000Dh
        check   nc, "each of the sixteen is free"
        mov     bx, bp
        or      bl, 3
        movzx   ecx, bx
        lar     edx, ecx
        and     edx, 0FE00h
        cmp     edx, 0F200h
        check   e, "and becomes writable data"
        add     bp, 8
        cmp     bp, 80h
        jb      .each
        mov     bx, 7Ch
        dpmi    000Dh
        check_error 8011h, "taken: 8011h"
        mov     bx, 7Fh
        dpmi    0001h
        check   nc, "freed"
        mov     bx, 7Ch
        dpmi    000Dh
        check   nc, "free again"
        mov     bx, 84h
        dpmi    000Dh
        check_error 8022h, "beyond the sixteen: 8022h"
        mov     bx, 0Ch & ~4
        dpmi    000Dh
        check_error 8022h, "a GDT selector: 8022h"
        pass
