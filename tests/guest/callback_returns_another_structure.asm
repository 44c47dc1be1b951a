; The handler may leave with ES:(E)DI on any structure; the registered one then does not matter.
; Rule: DPMI 0.9, INT 31h AX=0303h.
%include "guest.inc"
        call    enter_protected_mode
        mov     eax, other
        mov     ecx, rm_size - 1
        call    new_segment             ; with a selector of its own, and not a byte more than needed
        mov     [other_selector], bx
        callback_alloc handler, structure, callback
        real_call procedure
        cmp     dword [regs + rm.eax], 12345678h
        check   e, "EAX from the other structure"
        cmp     dword [structure + rm.eax], 11111111h
        check   e, "the registered one still holds what came in"
        pass
procedure:
        mov     eax, 11111111h
        call    far [callback]
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     fs, [cs:data_selector]
        mov     cx, [es:xdi + rm.sp]
        mov     dx, [es:xdi + rm.ss]
        add     cx, 4
        mov     es, [fs:other_selector]
        xor     xdi, xdi
        mov     [es:xdi + rm.ip], eax
        mov     [es:xdi + rm.sp], cx
        mov     [es:xdi + rm.ss], dx
        mov     dword [es:xdi + rm.eax], 12345678h
        mov     word [es:xdi + rm.flags], 202h
        iretx
        section .bss
callback resd   1
other_selector resw 1
        alignb  4
structure resb  rm_size
        alignb  16
other   resb    rm_size
