; A pending interrupt is taken at the first instruction boundary after the one behind STI: STI, NOP, CLI lets it in.
; Rule: processor manual, STI; DPMI 0.9, virtual interrupt flag.
; finding: the machine looks for pending interrupts at fixed distances only, so a window this short is missed
%include "guest.inc"
        call    enter_protected_mode
        get_vector 8, old
        set_vector 8, timer
        cli
        mov     dword [ticks], 0
        mov     ecx, 400000
.spin:  dec     ecx
        jnz     .spin
        sti
        nop
        cli
        mov     ebx, [ticks]
        restore_vector 8, old
        sti
        cmp     ebx, 1
        check   e, "the tick that waited has come"
        pass
timer:  push    ds
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        pop     ds
        far_jump [cs:old]
        section .bss
old     resb    6
        alignb  4
ticks   resd    1
