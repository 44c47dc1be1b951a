; 0400h and 0401h.
; Rule: DPMI 0.9, INT 31h AX=0400h; 1.0, AX=0401h.
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, 0FFFFh
        mov     cx, 0FFFFh
        dpmi    0400h
        check   nc, "0400h"
        cmp     ax, [host_version]
        check   e, "the version 1687h gave"
        test    bl, 1
        check   nz, "a 32-bit host"
        test    bl, 2
        check   z, "reflection in V86 mode"
        and     bx, 0FFF8h
        check   z, "reserved bits"
        cmp     cl, 3
        check   ae, "processor"
        cmp     dh, 08h
        check   e, "master controller's base"
        cmp     dl, 70h
        check   e, "slave controller's base"
        mov     byte [buffer + 127], 0AAh
        mov     byte [buffer + 128], 55h
        mov     xdi, buffer
        dpmi    0401h
        check   nc, "0401h"
        cmp     byte [buffer + 2], ' '
        check   a, "a vendor"
        cmp     byte [buffer + 128], 55h
        check   e, "128 bytes are written at most"
        test    ax, 0FF80h
        check   z, "undefined capability bits"
        pass
        section .bss
buffer  resb    160
