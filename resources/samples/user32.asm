; user32: a 32-bit client that uses the service of provider.com: dpmiscope provider.com --then user32.com
;
; The same provider serves both widths: it has a 32-bit procedure besides the 16-bit one, which has hooked our INT 60h
; with a 32-bit handler. While we run we start a second client, user16.com: the provider is told of it, too, and keeps
; its sum apart from ours. At the end it is told in reverse.

%include "sample.inc"

        enter_protected_mode 32

        mov     bl, 61h
        mov     ax, 0204h
        int     31h
        mov     si, cx
        mov     bl, 60h
        mov     ax, 0204h
        int     31h
        cmp     cx, si
        je      near nobody

        mov     ebx, 100000
        int     60h                             ; add EBX to our sum, which comes back in EAX
        say     "100000 added, the sum is ", eax, "."

        ; --- A client runs a client: DOS's EXEC (INT 21h AH=4Bh) in real mode.
        mov     ax, [real_segment]
        mov     [exec + rm.ds], ax
        mov     [exec + rm.es], ax
        mov     [parameters + 4], ax
        mov     [parameters + 8], ax
        mov     [parameters + 12], ax
        mov     dword [exec + rm.eax], 4B00h    ; load and run …
        mov     dword [exec + rm.edx], child    ; … the program DS:DX names …
        mov     dword [exec + rm.ebx], parameters       ; … as ES:BX says
        mov     word [exec + rm.flags], 202h
        mov     edi, exec
        mov     bx, 21h
        xor     cx, cx
        mov     ax, 0300h
        int     31h
        must    "call real mode"
        test    word [exec + rm.flags], 1
        jz      child_ran
        say     "Cannot run user16.com."
child_ran:
        mov     ebx, 23456
        int     60h
        say     "23456 added, the sum is ", eax, "."
        finish

nobody: say     "Nobody serves INT 60h: run provider.com first, then this program."
        mov     ax, 4C01h
        int     21h

        section .data
child           db "USER16.COM", 0
no_tail         db 0, 13
        align   2
parameters      dw 0                            ; environment: the parent's
                dw no_tail, 0, 5Ch, 0, 6Ch, 0   ; command tail, two file control blocks
        align   4
exec            times rm_size db 0
