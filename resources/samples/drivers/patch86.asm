; patch86: INT 60h of tsr.com in V86 mode, where a driver has put its breakpoint.

%include "v86.inc"
        mov     ax, 11
        int     60h
        mov     bx, ax
        say     bx, " came back for 11."
        mov     ax, 4C00h
        int     21h
