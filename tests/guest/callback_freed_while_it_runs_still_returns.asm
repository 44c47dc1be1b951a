; 0304h inside the callback's own handler: the address is gone, the return still works.
; Rule: robustness; reference 5.1.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        cmp     byte [count], 1
        check   e, "one entry"
        cmp     byte [failed], 0
        check   e, "0304h in the handler"
        cmp     word [regs + rm.eax], 1234h
        check   e, "the handler's return arrives"
        callback_free callback
        check   c, "the callback is gone"
        pass
procedure:
        call    far [callback]
        retf
handler:
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        mov     word [es:xdi + rm.eax], 1234h
        mov     ds, [cs:data_selector]
        inc     byte [count]
        callback_free callback
        adc     byte [failed], 0
        iretx
        section .bss
callback resd   1
count   resb    1
failed  resb    1
        alignb  4
structure resb  rm_size
