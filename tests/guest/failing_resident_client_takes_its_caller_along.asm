; A client that stays resident fails in its callback: it is gone, and so is the program that called it, which could not
; go on. Everything that program held comes back; the address is a far procedure that returns.
; Rule: reference 5.1, 8.3, 9.3.
%include "guest.inc"
%include "child.inc"
        mov     word [left], 2
.again: run_child 'a'
        cmp     ax, 0321h
        check   e, "a client stays resident"
        call    largest_block
        mov     [before], bx
        mov     al, 'b'                 ; a client, then a real-mode program
        cmp     word [left], 2
        je      .run
        mov     al, 'c'
.run:   mov     [child_tail + 2], al
        call    child_exec
        cmp     ax, 02FFh
        check   e, "the caller has ended"
        call    largest_block
        cmp     bx, [before]
        check   e, "the caller's memory is back"
        run_child 'b'
        cmp     ax, 0022h
        check   e, "the callback is gone"
        dec     word [left]
        jnz     .again
        pass
child:  cmp     al, 'a'
        je      near resident
        cmp     al, 'c'
        je      near real_caller
        call    enter_protected_mode
        mov     bx, 4
        mov     cx, 0
        dpmi    0501h
        check   nc, "memory"
        real_call use
        mov     ax, 4C22h
        int     21h
real_caller:
        push    cs
        call    use
        mov     ax, 4C22h
        int     21h
use:    push    es
        push    0
        pop     es
        call    far [es:66h * 4]
        pop     es
        retf
resident:
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 66h
        dpmi    0201h
        mov     word [regs + rm.eax], 3121h
        mov     bx, stack_top + 15
        shr     bx, 4
        mov     [regs + rm.edx], bx
        push    ds
        pop     es
        mov     xdi, regs
        mov     bx, 21h
        xor     cx, cx
        dpmi    0300h
        check   ne, "not reached"
handler:
        ud2
        section .bss
left    resw    1
before  resw    1
        alignb  4
callback resd   1
structure resb  rm_size
