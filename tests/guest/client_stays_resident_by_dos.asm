; A client that stays resident through real-mode DOS (INT 21h AH=31h) is a client still: its callbacks work, for
; real-mode programs and for other clients, and it takes the timer again when those have ended.
; Rule: reference 8.3, 8.4.
; leaves: client 1
%include "guest.inc"
%include "child.inc"
        run_child 'a'
        cmp     ax, 0321h
        check   e, "the child stays resident"
        mov     ax, 5
        int     66h
        cmp     ax, 6
        check   e, "its callback works"
        call    largest_block
        mov     [before], bx
        run_child 'b'
        cmp     ax, 0022h
        check   e, "another client used it"
        call    largest_block
        cmp     bx, [before]
        check   e, "that client has left nothing"
        mov     ax, 5
        int     66h
        cmp     ax, 6
        check   e, "the callback works after it"
        mov     ax, 0FF00h
        int     66h
        mov     dx, ax
        sti
        hlt
        mov     ax, 0FF00h
        int     66h
        cmp     ax, dx
        check   ne, "the resident client gets the timer"
        mov     ax, 0FFFFh
        int     66h
        pass
child:  cmp     al, 'b'
        je      near user
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 66h
        dpmi    0201h
        get_vector 8, timer
        set_vector 8, tick
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
        check   nc, "not reached"
handler:
        cld
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        mov     ax, [xsi + 4]
        mov     [es:xdi + rm.flags], ax
        add     word [es:xdi + rm.sp], 6
        push    ds
        mov     ds, [cs:data_selector]
        cmp     byte [es:xdi + rm.eax + 1], 0FFh
        je      .count
        inc     word [es:xdi + rm.eax]
        jmp     .end
.count: cmp     byte [es:xdi + rm.eax], 0FFh
        je      .over
        mov     ax, [ticks]
        mov     [es:xdi + rm.eax], ax
        jmp     .end
.over:  restore_vector 8, timer
.end:   pop     ds
        iretx
tick:   push    ds
        mov     ds, [cs:data_selector]
        inc     word [ticks]
        pop     ds
        far_jump [cs:timer]
user:   call    enter_protected_mode
        mov     word [regs + rm.eax], 5
        real_call use
        cmp     word [regs + rm.eax], 6
        check   e, "user: the resident client's callback"
        mov     bx, [data_selector]
        call    get_base
        cmp     eax, [program_base]
        check   e, "user: its own table"
        mov     ax, 4C22h
        int     21h
use:    int     66h
        retf
        section .bss
timer   resb    6
ticks   resw    1
before  resw    1
        alignb  4
callback resd   1
structure resb  rm_size
