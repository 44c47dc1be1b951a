; INT 21h AH=4Ch in protected mode ends the client; DOS reports the code; a hook of INT 21h may chain it.
; Rule: DPMI 0.9, termination.
%include "guest.inc"
%include "child.inc"
        run_child 'a'
        cmp     ax, 0021h
        check   e, "the child's code"
        run_child 'b'
        cmp     ax, 0022h
        check   e, "chained by a protected-mode hook of INT 21h"
        run_child 'c'
        cmp     ax, 0023h
        check   e, "from protected mode reached by raw switches, on another stack"
        call    enter_protected_mode
        dpmi    0003h
        check   nc, "the host is ready for the next client"
        pass
child:  cmp     al, 'b'
        je      .hook
        cmp     al, 'c'
        je      .raw
        call    enter_protected_mode
        mov     ax, 4C21h
        int     21h
.hook:  call    enter_protected_mode
        get_vector 21h, old
        set_vector 21h, dos
        mov     ax, 4C99h
        int     21h
.raw:   call    enter_protected_mode
        xor     edi, edi
        dpmi    0306h
        mov     [to_protected], cx
        mov     [to_protected + 2], bx
        mov     [to_real], xdi
        mov     [to_real + W], si
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        xor     ebx, ebx
        mov     bx, own_stack_top
        mov     si, ax
        mov     xdi, real_side
        far_jump [to_real]
real_side:
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, ax
        mov     ebx, own_stack_top
        mov     si, [code_selector]
        mov     edi, protected_side
        jmp     far [to_protected]
protected_side:
        mov     ax, 4C23h
        int     21h
dos:    cmp     ah, 4Ch
        jne     .chain
        mov     al, 22h
.chain: far_jump [cs:old]
        section .bss
old     resb    6
        alignb  4
to_protected resd 1
to_real resb    6
        alignb  4
        resb    200h
own_stack_top:
