; patchpm: the same from protected mode. The host reflects INT 60h to V86 mode, and there the breakpoint is hit.

%include "sample.inc"
        enter_protected_mode 16
        mov     ax, 11
        int     60h
        movzx   eax, ax
        say     eax, " came back for 11."
        finish
