; Exceptions 1, 3, 4, 5, 6: traps point behind the instruction, faults at it.
; Rule: processor manual; DPMI 0.9, INT 31h AX=0203h.
%include "guest.inc"
        call    enter_protected_mode
        set_exception 1, handler1
        set_exception 3, handler3
        set_exception 4, handler4
        set_exception 5, handler5
        set_exception 6, handler6
        pushfx
        pop     xax
        or      xax, 100h
        push    xax
        popfx
        nop
step:   nop
        cmp     byte [count], 1
        check   e, "single step: one exception"
        cmp     word [seen_ip], step
        check   e, "single step: behind the instruction after POPF"
        mov     byte [count], 0
        db      0CCh
breakpoint:
        cmp     byte [count], 3
        check   e, "INT3: exception 3"
        cmp     word [seen_ip], breakpoint
        check   e, "INT3: behind it"
        mov     byte [count], 0
        mov     al, 7Fh
        inc     al                      ; OF
        into
overflow:
        cmp     byte [count], 4
        check   e, "INTO: exception 4"
        cmp     word [seen_ip], overflow
        check   e, "INTO: behind it"
        mov     byte [count], 0
        mov     ax, 10
bounds: bound   ax, [limits]
bounds_end:
        cmp     byte [count], 5
        check   e, "BOUND: exception 5"
        cmp     word [seen_ip], bounds
        check   e, "BOUND: at it"
        mov     byte [count], 0
invalid: ud2
        cmp     byte [count], 6
        check   e, "UD2: exception 6"
        cmp     word [seen_ip], invalid
        check   e, "UD2: at it"
        pass
%macro handler 2
handler%1:
        push    xbp
        mov     xbp, xsp
        push    ds
        push    ax
        mov     ds, [cs:data_selector]
        mov     byte [count], %1
        mov     ax, [ss:xbp + W + frame_ip]
        mov     [seen_ip], ax
        add     word [ss:xbp + W + frame_ip], %2
        and     word [ss:xbp + W + frame_flags], ~100h
        pop     ax
        pop     ds
        pop     xbp
        retfx
%endmacro
        handler 1, 0
        handler 3, 0
        handler 4, 0
        handler 5, bounds_end - bounds
        handler 6, 2
        section .data
limits  dw      0, 5
        section .bss
seen_ip resw    1
count   resb    1
