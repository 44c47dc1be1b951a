; The handler pushes a return address on the real-mode stack and goes on in another procedure, which returns to the
; caller's next instruction.
; Rule: DPMI 0.9, INT 31h AX=0303h: the alias in DS is writable.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        cmp     word [regs + rm.eax], 1357h
        check   e, "procedure, handler, other, then behind the call"
        pass
procedure:
        mov     ax, 1000h
        call    far [callback]
        add     ax, 7
        retf
other:  add     ax, 50h
        retf
handler:
        cld
        add     word [es:xdi + rm.eax], 300h
        sub     word [es:xdi + rm.sp], 0        ; the caller's return address stays for `other`
        mov     ax, [cs:real_segment]
        mov     [es:xdi + rm.cs], ax
        mov     word [es:xdi + rm.ip], second
        mov     word [xsi - 2], ax              ; a second far frame below it
        mov     word [xsi - 4], other
        sub     word [es:xdi + rm.sp], 4
        iretx
second: retf                                    ; real mode: to `other`
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
