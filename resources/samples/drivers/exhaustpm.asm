; exhaustpm: has exhaust.vxd allocate protected-mode callbacks until there are none.

%include "sample.inc"
        enter_protected_mode 16
        xor     di, di
        mov     bx, 7F12h
        mov     ax, 1684h
        int     2Fh
        mov     [entry], di
        mov     [entry + 2], es
        push    ds
        pop     es
more:   call    far [entry]
        jnc     more
        movzx   eax, ax
        say     eax, " callbacks, and no more: one of 200 is the API's own."
        finish

        section .data
entry   dd      0
