; The handler sets CS:IP to the old vector and leaves the stack alone: the old handler runs and returns to the caller.
; Rule: DPMI 0.9, INT 31h AX=0303h, chaining.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 65h, first
        set_real_vector 65h, service
        get_real_vector 65h, old
        callback_alloc handler, structure, callback
        restore_real_vector 65h, callback
        mov     ax, 100
        int     65h
        cmp     ax, 111
        check   e, "both the callback and the old handler worked on AX"
        cmp     byte [count], 1
        check   e, "one entry"
        restore_real_vector 65h, first
        pass
service:
        add     ax, 10
        iret
handler:
        mov     fs, [cs:data_selector]
        inc     byte [fs:count]
        inc     word [es:xdi + rm.eax]
        mov     eax, [fs:old]
        mov     [es:xdi + rm.ip], eax
        iretx
        section .bss
callback resd   1
first   resd    1
old     resd    1
count   resb    1
        alignb  4
structure resb  rm_size
