; INT 31h belongs to protected mode; the real-mode vector is another interrupt, which the host leaves alone.
; Rule: DPMI 0.9, INT 31h: protected mode only.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 31h, old
        set_real_vector 31h, service
        real_call procedure
        restore_real_vector 31h, old
        cmp     word [regs + rm.eax], 0404h
        check   e, "a real-mode handler of vector 31h is reached"
        pass
procedure:
        mov     ax, 0400h
        int     31h
        retf
service:
        mov     ax, 0404h
        iret
        section .bss
old     resd    1
