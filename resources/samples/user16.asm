; user16: a 16-bit client that uses the service of provider.com: dpmiscope provider.com --then user16.com
;
; The provider was called before our first instruction in protected mode, on our locked stack, and has hooked our
; INT 60h. Watch the second stop in protected mode: the door is resident_provider, the procedure the provider's.

%include "sample.inc"

        enter_protected_mode 16

        ; --- Is there a provider? An interrupt nobody has hooked leads to the host, as the one beside it does.
        mov     bl, 61h
        mov     ax, 0204h               ; get a protected-mode vector: CX:DX
        int     31h
        mov     si, cx
        mov     bl, 60h
        mov     ax, 0204h
        int     31h
        cmp     cx, si
        je      nobody

        mov     bx, 1000
        int     60h                     ; add BX to our sum, which comes back in AX
        movzx   eax, ax
        say     "1000 added, the sum is ", eax, "."
        mov     bx, 2345
        int     60h
        movzx   eax, ax
        say     "2345 added, the sum is ", eax, "."
        finish

nobody: say     "Nobody serves INT 60h: run provider.com first, then this program."
        mov     ax, 4C01h
        int     21h
