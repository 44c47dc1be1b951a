; So is one that turned interrupts off, in real mode.
; Rule: interface.md, exit code 124.
; expect: 124
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        mov     word [regs + rm.ip], procedure
        call    call_real
        pass
procedure:
        cli
        jmp     $
