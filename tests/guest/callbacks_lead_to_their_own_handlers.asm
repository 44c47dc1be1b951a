; Every callback calls its own handler with its own structure.
; Rule: DPMI 0.9, INT 31h AX=0303h.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler1, structure1, callback1
        callback_alloc handler2, structure2, callback2
        callback_alloc handler3, structure3, callback3
        real_call procedure
        cmp     dword [order], 00010302h
        check   e, "second, third, first"
        cmp     word [regs + rm.eax], 203h
        check   e, "AX passed through all"
        cmp     word [structure2 + rm.eax], 102h
        check   e, "in the second structure"
        cmp     word [structure3 + rm.eax], 202h
        check   e, "in the third structure"
        callback_free callback2
        mov     dword [order], 0
        real_call procedure2
        cmp     dword [order], 00000103h
        check   e, "the others live on when one is freed"
        pass
procedure:
        mov     ax, 1
        call    far [callback2]
        call    far [callback3]
        call    far [callback1]
        retf
procedure2:
        call    far [callback3]
        call    far [callback1]
        retf
handler1:
        mov     cl, 1
        add     word [es:xdi + rm.eax], 1
        jmp     note
handler2:
        mov     cl, 2
        add     word [es:xdi + rm.eax], 101h
        jmp     note
handler3:
        mov     cl, 3
        add     word [es:xdi + rm.eax], 100h
note:   mov     fs, [cs:data_selector]
        movzx   ebx, word [fs:place]
        mov     [fs:order + ebx], cl
        inc     word [fs:place]
        cmp     word [fs:place], 3
        jb      .more
        mov     word [fs:place], 0
.more:  callback_return
        section .bss
callback1 resd  1
callback2 resd  1
callback3 resd  1
order   resd    1
place   resw    1
        alignb  4
structure1 resb rm_size
structure2 resb rm_size
structure3 resb rm_size
