; A child of the other width calls its parent's callback: the handler runs with the parent's table, registers and
; width, its services are the parent's, and the child goes on with its own.
; Rule: DPMI 1.0, multiple clients; reference 5.7, 8.4.
%include "guest.inc"
%include "child.inc"
        call    enter_protected_mode
        call    new_selector
        mov     [mine], bx
        mov     eax, [program_base]
        call    set_base
        mov     eax, 0FFFFh
        call    set_limit
        callback_alloc handler, structure, callback
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 66h
        dpmi    0201h
        mov     byte [child_tail + 2], 'a'
        real_call start_child
        cmp     word [regs + rm.eax], 0021h
        check   e, "the child got what it wanted"
        cmp     word [called], 2
        check   e, "the handler ran twice"
        cmp     word [base_error], 0
        check   e, "the handler's services were this client's"
        callback_free callback
        check   nc, "the callback is still there"
        pass
start_child:
        call    child_exec
        retf
handler:
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        mov     ax, [xsi + 4]
        mov     [es:xdi + rm.flags], ax
        add     word [es:xdi + rm.sp], 6
        inc     word [es:xdi + rm.eax]
        push    ds
        mov     ds, [cs:mine]           ; nothing in the child's table
        inc     word [called]
        mov     bx, ds
        dpmi    0006h
        jnc     .known
        inc     word [base_error]
.known: pop     ds
        iretx
child:  call    find_host
        mov     ax, WIDTH == 16
        call    far [entry_point]
        check   nc, "child: entered with the other width"
        call    entered
        mov     cx, 3000
        dpmi    0000h
        check   nc, "child: descriptors of its own"
        mov     [mine], ax
        mov     word [left], 2
.again: xor     edi, edi
        mov     word [regs + rm.eax], 5
        real_call use_parent
        cmp     word [regs + rm.eax], 6
        check   e, "child: the parent's handler answered"
        mov     bx, [mine]
        xor     eax, eax
        lsl     eax, ebx
        check   z, "child: its own table is in use again"
        test    eax, eax
        check   z, "child: its own descriptor"
        dec     word [left]
        jnz     .again
        mov     ax, 4C21h
        int     21h
use_parent:
        int     66h
        retf
        section .bss
mine    resw    1
called  resw    1
base_error resw 1
left    resw    1
        alignb  4
callback resd   1
structure resb  rm_size
