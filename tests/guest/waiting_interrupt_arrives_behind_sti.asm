; A request that waits is taken as soon as IF is on: behind POPF and IRET at once, behind STI one instruction later.
; Rule: processor manual, STI, POPF, IRET; DPMI 0.9, virtual interrupt flag.
%include "guest.inc"

%macro wait_for_tick 0                  ; with IF off: longer than from one tick to the next
        mov     ecx, 120000
%%spin: dec     ecx
        jnz     %%spin
%endmacro

%macro expect 2                         ; ticks since the last time, "what"
        mov     esi, [ticks]
        mov     dword [ticks], 0
        cmp     esi, %1
        check   e, %2
%endmacro

        call    enter_protected_mode
        get_vector 8, old
        set_vector 8, timer
        cli
        mov     dword [ticks], 0

        wait_for_tick
        expect  0, "none while IF is off"
        sti
        cli
        expect  0, "none between STI and CLI"
        sti
        nop
        cli
        expect  1, "one behind the instruction behind STI"

        wait_for_tick
        pushfx
        popfx
        expect  0, "none behind a POPF that leaves IF off"
        pushfx
        mov     xbp, xsp
        or      word [xbp], IF
        popfx
        cli
        expect  1, "one behind POPF"

        wait_for_tick
        pushfx
        mov     xbp, xsp
        or      word [xbp], IF
        mov     xax, cs
        push    xax
        mov     xax, returned
        push    xax
        iretx
returned:
        cli
        expect  1, "one behind IRET"

        mov     ax, [real_segment]
        mov     [regs + rm.cs], ax
        mov     word [regs + rm.ip], procedure
        mov     word [regs + rm.flags], 2
        mov     dword [regs + rm.sp], 0
        mov     xdi, regs
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        check   nc, "0301h with IF off"
        expect  0, "what came in real mode was counted there"
        cmp     dword [counts], 00010000h
        check   e, "real mode: none between STI and CLI, one behind the instruction behind STI"
        cmp     dword [counts + 4], 00010001h
        check   e, "real mode: one behind POPF, one behind HLT"
        cmp     dword [counts + 8], 00010001h
        check   e, "real mode: one behind IRET, one behind the RET behind STI"

        restore_vector 8, old
        sti
        pass

procedure:                              ; IF is off
        mov     di, counts
        wait_for_tick
        sti
        cli
        call    count
        sti
        nop
        cli
        call    count
        wait_for_tick
        pushf
        mov     bp, sp
        or      word [bp], IF
        popf
        cli
        call    count
        wait_for_tick
        sti
        hlt
        cli
        call    count
        wait_for_tick
        pushf
        mov     bp, sp
        or      word [bp], IF
        push    cs
        push    word .returned
        iret
.returned:
        cli
        call    count
        wait_for_tick
        call    .allow
        cli
        call    count
        retf
.allow: sti
        ret

count:
        mov     ax, [cs:ticks]
        mov     word [cs:ticks], 0
        mov     [cs:di], ax
        add     di, 2
        ret

timer:  push    ds
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        pop     ds
        far_jump [cs:old]
        section .bss
old     resb    6
        alignb  4
ticks   resd    1
counts  resw    6
