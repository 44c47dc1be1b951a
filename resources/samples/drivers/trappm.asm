; trappm: the same in protected mode; OUTSB writes 7 and 8.

%include "sample.inc"
        enter_protected_mode 16
        mov     dx, 300h
        mov     si, bytes
        cld
        outsb
        in      ax, dx
        movzx   ebx, ax
        outsb
        say     ebx, " is the sum after the first write and the event."
        mov     ecx, 6000
.wait:  dec     ecx
        jnz     .wait
        mov     dx, 300h
        in      ax, dx
        movzx   ebx, ax
        say     ebx, " is the sum after the time-out."
        finish

        section .data
bytes   db      7, 8
