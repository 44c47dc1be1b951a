; INT 2Fh AX=1687h finds the host from real mode, AX=1686h tells the modes apart.
; Rule: DPMI 0.9, INT 2Fh AX=1686h, 1687h.
%include "guest.inc"
        mov     ax, 1686h
        int     2Fh
        test    ax, ax
        check   nz, "1686h in real mode leaves AX nonzero"
        mov     bx, 0
        mov     di, 0FFFFh
        mov     ax, 1687h
        int     2Fh
        test    ax, ax
        check   z, "1687h: AX = 0"
        test    bl, 1
        check   nz, "1687h: 32-bit clients are supported"
        cmp     cl, 3
        check   ae, "1687h: a 386 or later"
        cmp     dx, 005Ah
        je      .version
        cmp     dx, 0100h
        check   e, "1687h: version 0.90 or 1.00"
.version:
        mov     ax, es
        or      ax, di
        check   nz, "1687h: an entry point"
        push    cs
        pop     es
        call    enter_protected_mode
        mov     ax, 1686h
        int     2Fh
        test    ax, ax
        check   z, "1686h in protected mode: AX = 0"
        mov     ax, 1687h
        int     2Fh
        test    ax, ax
        check   z, "1687h in protected mode is reflected: AX = 0"
        test    bl, 1
        check   nz, "and says the same"
        pass
