; trap86: uses port 300h, which trap.vxd has trapped: 7 + 8, then 1000 of an event, and 2000 when 2 ms are over.

%include "v86.inc"
        mov     dx, 300h
        mov     al, 7
        out     dx, al
        in      ax, dx
        mov     bx, ax
        mov     al, 8
        out     dx, al
        say     bx, " is the sum after the first write and the event."
        mov     ecx, 6000
.wait:  dec     ecx
        jnz     .wait
        mov     dx, 300h
        in      ax, dx
        mov     bx, ax
        say     bx, " is the sum after the time-out."
        mov     ax, 4C00h
        int     21h
