; 0900h-0902h: AL is the previous state, AH stays, so that the AX returned restores it; CLI and STI do the same.
; Rule: DPMI 0.9, INT 31h AX=0900h, 0901h, 0902h.
%include "guest.inc"
        call    enter_protected_mode
        sti
        dpmi    0900h
        check   nc, "0900h"
        cmp     ax, 0901h
        check   e, "it was on: AX is the call that turns it on"
        dpmi    0902h
        cmp     ax, 0900h
        check   e, "now it is off: AX is the call that turns it off"
        dpmi    0900h
        cmp     ax, 0900h
        check   e, "it was off"
        dpmi    0901h
        cmp     ax, 0900h
        check   e, "0901h: it was off"
        dpmi    0902h
        cmp     ax, 0901h
        check   e, "and is on now"
        cli
        dpmi    0902h
        cmp     al, 0
        check   e, "CLI"
        sti
        dpmi    0902h
        cmp     al, 1
        check   e, "STI"
        pass
