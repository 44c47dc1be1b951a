; With the virtual interrupt flag off no tick arrives; it arrives when the flag goes on.
; Rule: DPMI 0.9, virtual interrupt flag: CLI, STI and 0900h, 0901h.
%include "guest.inc"
        call    enter_protected_mode
        get_vector 8, old
        set_vector 8, timer
        cli
        mov     dword [ticks], 0
        mov     ecx, 400000             ; more than two ticks long
.spin:  dec     ecx
        jnz     .spin
        mov     eax, [ticks]
        sti
        mov     ecx, 1000
.soon:  dec     ecx
        jnz     .soon
        mov     ebx, [ticks]
        cmp     eax, 0
        check   e, "none while interrupts are off"
        cmp     ebx, 1
        check   ae, "one soon after they go on"
        dpmi    0900h
        mov     ebx, [ticks]
        mov     ecx, 400000
.spin2: dec     ecx
        jnz     .spin2
        cmp     ebx, [ticks]
        check   e, "0900h holds it as well"
        dpmi    0901h
        wait_for ticks, 3
        cmp     ebx, [ticks]
        check   ne, "0901h lets it through"
        cli
        restore_vector 8, old
        sti
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
