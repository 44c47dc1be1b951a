; The registered structure and the stack alias are static: a nested entry of the same callback replaces both.
; Rule: DPMI 0.9, INT 31h AX=0303h: re-entrancy is the client's business (C6, C7 of the catalogue).
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call outer
        cmp     byte [count], 2
        check   e, "two entries"
        cmp     word [before], 1111h
        check   e, "the first entry finds its AX"
        cmp     word [after], 2222h
        check   e, "and the nested one's afterwards"
        cmp     word [regs + rm.eax], 2222h
        check   e, "which is what the outer caller gets back"
        pass
outer:  mov     ax, 1111h
        call    far [callback]
        retf
inner:  mov     ax, 2222h
        call    far [callback]
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     fs, [cs:data_selector]
        inc     byte [fs:count]
        cmp     byte [fs:count], 2
        je      .nested
        mov     [fs:return], eax
        mov     ax, [es:xdi + rm.sp]
        add     ax, 4
        mov     [fs:return_sp], ax
        mov     ax, [es:xdi + rm.eax]
        mov     [fs:before], ax
        mov     ax, [fs:real_segment]
        mov     [fs:inner_call + rm.cs], ax
        mov     [fs:inner_call + rm.ds], ax
        mov     word [fs:inner_call + rm.ip], inner
        mov     word [fs:inner_call + rm.flags], 202h
        mov     dword [fs:inner_call + rm.sp], 0
        push    xdi
        mov     xdi, inner_call
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        pop     xdi
        mov     ax, [es:xdi + rm.eax]
        mov     [fs:after], ax
        mov     eax, [fs:return]        ; repair what has to be right
        mov     [es:xdi + rm.ip], eax
        mov     ax, [fs:return_sp]
        mov     [es:xdi + rm.sp], ax
        iretx
.nested:
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        iretx
        section .bss
callback resd   1
return  resd    1
return_sp resw  1
before  resw    1
after   resw    1
count   resb    1
        alignb  4
structure resb  rm_size
inner_call resb    rm_size
