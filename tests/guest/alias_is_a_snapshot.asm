; 000Ah makes a writable data descriptor with the base and limit of another, code or data, and does not follow changes.
; Rule: DPMI 0.9, INT 31h AX=000Ah (data sources by the 1.0 text).
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, cs
        dpmi    000Ah
        check   nc, "alias of the code segment"
        mov     [alias], ax
        movzx   ebp, ax
        lar     edx, ebp
        and     edx, 0FE00h
        cmp     edx, 0F200h
        check   e, "it is writable data"
        lsl     edx, ebp
        cmp     edx, 0FFFFh
        check   e, "limit"
        mov     bx, ax
        call    get_base
        cmp     eax, [program_base]
        check   e, "base"
        mov     es, [alias]
        mov     byte [es:patch + 1], 99
        jmp     .now                    ; self-modified code: a jump flushes
.now:
patch:  mov     al, 1
        cmp     al, 99
        check   e, "code can be changed through it"
        mov     eax, patch
        mov     ecx, 15
        call    new_segment
        push    bx
        dpmi    000Ah
        check   nc, "alias of a data segment"
        mov     [alias2], ax
        pop     bx
        mov     eax, 0FFh
        call    set_limit
        movzx   ebp, word [alias2]
        lsl     edx, ebp
        cmp     edx, 15
        check   e, "a later change of the source is not followed"
        push    ds
        pop     es
        mov     bx, [alias]
        dpmi    0001h
        check   nc, "an alias is freed like any descriptor"
        mov     bx, 0FFFCh
        dpmi    000Ah
        check_error 8022h, "bad selector"
        pass
        section .bss
alias   resw    1
alias2  resw    1
