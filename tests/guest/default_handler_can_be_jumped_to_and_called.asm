; The address 0204h returns for a vector nobody hooked is a handler like any other, and stays the same.
; Rule: DPMI 0.9, INT 31h AX=0204h, 0205h.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 65h, old_real
        set_real_vector 65h, service
        get_vector 65h, old
        get_vector 65h, again
        mov     eax, [old]
        cmp     eax, [again]
        check   e, "the same offset each time"
        mov     ax, 10
        pushfx
        far_call [old]
        cmp     ax, 11
        check   e, "called with a frame of our own"
        mov     ax, 11
%ifdef BITS32
        push    dword 202h              ; IOPL 0, as code that makes its own flags leaves it
%else
        push    word 202h               ; the same
%endif
        far_call [old]
        cli
        sti
        cmp     ax, 12
        check   e, "IOPL is not taken from the frame: CLI and STI still work"
        set_vector 65h, chain
        check   nc, "0205h"
        mov     [sp_before], xsp
        mov     ax, 20
        int     65h
        cmp     ax, 121
        check   e, "reached by a jump from our handler"
        cmp     xsp, [sp_before]
        check   e, "(E)SP as before"
        mov     bl, 65h
        dpmi    0204h
        mov     ax, cs
        cmp     cx, ax
        check   e, "0204h: our selector"
        cmp     dx, chain
        check   e, "0204h: our offset"
        mov     dword [regs + rm.eax], 30
        mov     dword [regs + rm.sp], 0
        mov     word [regs + rm.flags], 202h
        mov     xdi, regs
        mov     bx, 65h
        xor     cx, cx
        dpmi    0300h
        cmp     word [regs + rm.eax], 31
        check   e, "a hook in protected mode does not see interrupts of real mode"
        restore_vector 65h, old
        check   nc, "0205h with the default's address"
        mov     ax, 40
        int     65h
        cmp     ax, 41
        check   e, "unhooked"
        restore_real_vector 65h, old_real
        mov     bl, 65h
        mov     cx, 0FFFCh
        xor     xdx, xdx
        dpmi    0205h
        check_error 8022h, "0205h: bad selector"
        pass
chain:  add     ax, 100
        far_jump [cs:old]
service:
        inc     ax
        iret
        section .bss
old     resb    6
        alignb  4
again   resb    6
        alignb  4
old_real resd   1
sp_before resd  1
