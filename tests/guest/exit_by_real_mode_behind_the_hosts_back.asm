; INT 21h AH=4Ch issued in real mode through 0300h while the client lives: DOS ends the program, the host the client.
; Rule: reference 9.1: client ended by real-mode code.
; expect: 77 123
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        mov     dword [regs + rm.eax], 4C00h + 77
        mov     word [regs + rm.flags], 202h
        mov     xdi, regs
        mov     bx, 21h
        xor     cx, cx
        dpmi    0300h
        jmp     $
