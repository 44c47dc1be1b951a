; Ctrl-C at a DOS call raises INT 23h, which goes to the protected-mode handler; IRET repeats the DOS call.
; Rule: DPMI 0.9, INT 23h.
; options: --keys {Ctrl+C}x
%include "guest.inc"
        call    enter_protected_mode
        get_vector 23h, old
        set_vector 23h, handler
        mov     ah, 8                   ; read a key without echo, with the check for Ctrl-C
        int     21h
        mov     bl, al
        push    bx
        restore_vector 23h, old
        pop     bx
        cmp     byte [count], 1
        check   e, "one Ctrl-C"
        cmp     bl, 'x'
        check   e, "and the next key is read"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on"
        pass
handler:
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [count]
        pop     ds
        iretx
        section .bss
old     resb    6
count   resb    1
