; exhaust86: has exhaust.vxd allocate V86 callbacks until there are none.

%include "v86.inc"
        find_driver 7F12h
more:   call    far [entry]
        jnc     more
        mov     bx, ax
        say     bx, " callbacks, and no more: one of 200 is the API's own."
        mov     ax, 4C00h
        int     21h
