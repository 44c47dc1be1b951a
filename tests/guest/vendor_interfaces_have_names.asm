; 168Ah and 0A00h: unknown names are refused; the MS-DOS interface, when there is one, has a far entry.
; Rule: DPMI 1.0, INT 2Fh AX=168Ah; 0.9, INT 31h AX=0A00h.
%include "guest.inc"
        call    enter_protected_mode
        mov     xsi, nobody
        mov     ax, 168Ah
        int     2Fh
        cmp     al, 8Ah
        check   e, "168Ah: an unknown name leaves AL"
        mov     xsi, nobody
        dpmi    0A00h
        check   c, "0A00h: an unknown name fails"
        mov     xsi, msdos
        mov     ax, 168Ah
        int     2Fh
        cmp     al, 0
        jne     .none
        mov     [entry], xdi
        mov     [entry + W], es
        push    ds
        pop     es
        movzx   ecx, word [entry + W]
        lar     eax, ecx
        check   z, "168Ah: the entry's selector is valid"
        test    eax, 800h
        check   nz, "and code"
        mov     ax, 0100h
        far_call [entry]
        jc      .none                   ; a host may refuse the LDT
        mov     es, ax
        mov     bx, ds
        and     bx, 0FFF8h
        mov     ax, [es:bx]
        cmp     ax, 0FFFFh
        check   e, "the alias shows the descriptor of DS"
        push    ds
        pop     es
.none:  pass
        section .data
nobody  db      "No Such Vendor", 0
msdos   db      "MS-DOS", 0
        section .bss
entry   resb    6
