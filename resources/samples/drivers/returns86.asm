; returns86: INT 60h and 61h in V86 mode, with returns.vxd around the first: 5 + 1, then + 10, then doubled.

%include "v86.inc"
        mov     dx, first
        mov     ax, 2560h
        int     21h
        mov     dx, second
        mov     ax, 2561h
        int     21h
        mov     ax, 5
        int     60h                     ; the driver sees it before and after
        mov     bx, ax
        say     bx, " came back for 5."
        mov     ax, 4C00h
        int     21h

first:  inc     ax
        iret
second: add     ax, 10                  ; called by the driver, in nested execution
        iret
