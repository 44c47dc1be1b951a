; returnspm: the same from protected mode: INT 60h is reflected, the driver sees it in V86 mode.

%include "sample.inc"
        enter_protected_mode 16
        mov     bl, 60h
        mov     cx, [real_segment]
        mov     dx, first
        mov     ax, 0201h               ; set a real-mode vector
        int     31h
        mov     bl, 61h
        mov     dx, second
        mov     ax, 0201h
        int     31h
        mov     ax, 5
        int     60h
        movzx   eax, ax
        say     eax, " came back for 5."
        finish

first:  inc     ax
        iret
second: add     ax, 10
        iret
