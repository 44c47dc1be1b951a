; 0E00h and 0E01h: a client that emulates the coprocessor gets exception 7, real-mode code and its parent do not.
; Rule: DPMI 1.0, INT 31h AX=0E00h, 0E01h.
%include "guest.inc"
%include "child.inc"
        call    enter_protected_mode
        mov     ebx, 0B1B2B3B4h
        dpmi    0E00h
        check   nc, "0E00h"
        cmp     ax, 45h
        check   e, "a 486's coprocessor, in use"
        cmp     ebx, 0B1B2B3B4h
        check   e, "EBX is kept"
        fninit
        fld1
        set_exception 7, handler
        mov     bx, 2
        dpmi    0E01h
        check   nc, "0E01h: emulation"
        dpmi    0E00h
        cmp     ax, 46h
        check   e, "it is told back"
        fadd    st0, st0                ; DC C0
        cmp     word [seen], 1
        check   e, "its instructions raise exception 7"
        wait
        cmp     word [seen], 1
        check   e, "WAIT does not"
        real_call procedure
        cmp     word [number], 1
        check   e, "real-mode code may use it"
        cmp     word [seen], 1
        check   e, "and raises nothing"
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], 'a'
        call    call_real
        cmp     word [regs + rm.eax], 0021h
        check   e, "a child has a coprocessor"
        fadd    st0, st0
        cmp     word [seen], 2
        check   e, "back here there is none still"
        mov     bx, 0
        dpmi    0E01h
        check   nc, "0E01h: neither"
        fadd    st0, st0
        cmp     word [seen], 3
        check   e, "not available: exception 7"
        mov     bx, 1
        dpmi    0E01h
        check   nc, "0E01h: coprocessor"
        dpmi    0E00h
        cmp     ax, 45h
        check   e, "it is in use again"
        fninit
        fld1
        fadd    st0, st0
        fistp   word [number]
        cmp     word [number], 2
        check   e, "one and one is two"
        cmp     word [seen], 3
        check   e, "without exceptions"
        pass
procedure:                              ; real mode
        fninit
        fld1
        fistp   word [number]
        retf
start_child:
        call    child_exec
        retf
child:  call    enter_protected_mode
        dpmi    0E00h
        cmp     ax, 45h
        check   e, "child: in use"
        fninit
        fld1
        fistp   word [number]
        cmp     word [number], 1
        check   e, "child: it counts"
        mov     bx, 2
        dpmi    0E01h
        mov     ax, 4C21h
        int     21h
handler:                                ; note it and skip the instruction
        push    xbp
        mov     xbp, xsp
        push    ds
        mov     ds, [cs:data_selector]
        inc     word [seen]
        add     word [ss:xbp + W + frame_ip], 2
        pop     ds
        pop     xbp
        retfx
        section .bss
seen    resw    1
number  resw    1
