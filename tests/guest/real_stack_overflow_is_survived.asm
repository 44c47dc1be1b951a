; Real-mode code that pushes without end wraps around its segment and overwrites what lies there.
; Rule: robustness: the run ends with a stated reason.
; expect: 0 123 124
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        mov     word [regs + rm.ip], procedure
        call    call_real
        pass
procedure:
        push    ax
        jmp     procedure
