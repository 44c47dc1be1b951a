; Execution that reaches the end of the code segment raises #GP(0).
; Rule: processor manual, protection: limit checking of EIP.
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0Dh, handler
        mov     [stack], xsp
        mov     eax, short_code
        mov     ecx, 3
        call    new_segment
        mov     cx, 009Ah
        call    set_rights
        check   nc, "a code segment of four bytes"
        mov     [pointer + 2], bx
        mov     word [pointer], 0
        mov     ax, 0
        jmp     far [pointer]
back:   mov     ax, ax
        cmp     byte [count], 1
        check   e, "one exception"
        cmp     word [seen_error], 0
        check   e, "error code 0"
        cmp     word [seen_ip], 4
        check   e, "at the byte behind the limit"
        mov     ax, [seen_cs]
        cmp     ax, [pointer + 2]
        check   e, "in that segment"
        cmp     byte [seen_ax], 4
        check   e, "when all of it was executed"
        pass
short_code:
        times   4 inc ax                ; one byte each
        times   8 inc ax                ; beyond the limit
        jmp     $
handler:
        push    xbp
        mov     xbp, xsp
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        mov     [seen_ax], al
        mov     ax, [ss:xbp + W + frame_error]
        mov     [seen_error], ax
        mov     ax, [ss:xbp + W + frame_ip]
        mov     [seen_ip], ax
        mov     ax, [ss:xbp + W + frame_cs]
        mov     [seen_cs], ax
        mov     word [ss:xbp + W + frame_ip], back
        mov     ax, [code_selector]
        mov     [ss:xbp + W + frame_cs], ax
        pop     ds
        pop     xbp
        retfx
        section .bss
pointer resd    1
stack   resd    1
seen_error resw 1
seen_ip resw    1
seen_cs resw    1
seen_ax resb    1
count   resb    1
