; A client runs a program that is a client too (0300h, INT 21h AX=4B00h): each has its own table, vectors, callbacks.
; Rule: DPMI 1.0, multiple clients; reference 8.4.
%include "guest.inc"
%include "child.inc"
        call    enter_protected_mode
        call    new_selector
        mov     [selector], bx
        mov     eax, [program_base]
        call    set_base
        callback_alloc handler, structure, callback
        get_vector 66h, old
        set_vector 66h, vector
        set_exception 0, divide
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], 'a'
        call    call_real
        cmp     word [regs + rm.eax], 0021h
        check   e, "the child found a fresh table and default vectors"
        mov     bx, [selector]
        call    get_base
        cmp     eax, [program_base]
        check   e, "our descriptor is as it was"
        mov     ax, 1
        int     66h
        cmp     ax, 101h
        check   e, "our interrupt handler is there"
        xor     cx, cx
        div     cx
        cmp     byte [divided], 1
        check   e, "our exception handler is there"
        real_call procedure
        cmp     word [regs + rm.eax], 2
        check   e, "our callback is there"
        mov     es, [psp_selector]
        mov     ax, [es:2Ch]
        push    ds
        pop     es
        mov     bx, ax
        call    get_base
        check   nc, "our environment selector is there"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on"
        pass
start_child:                            ; real mode
        call    child_exec
        retf
procedure:
        mov     ax, 1
        call    far [callback]
        retf
handler:
        inc     word [es:xdi + rm.eax]
        callback_return
vector: add     ax, 100h
        iretx
divide: push    xbp
        mov     xbp, xsp
        push    ds
        mov     ds, [cs:data_selector]
        inc     byte [divided]
        add     word [ss:xbp + W + frame_ip], 2
        pop     ds
        pop     xbp
        retfx
child:  call    enter_protected_mode
        mov     bl, 66h
        dpmi    0204h
        mov     ax, cs
        cmp     cx, ax
        check   ne, "child: INT 66h is the host's"
        set_vector 66h, nothing
        set_exception 0, nothing
        callback_alloc nothing, structure, callback
        check   nc, "child: a callback"
        mov     word [left], 31
.more:  callback_alloc nothing, structure, callback
        check   nc, "child: 32 callbacks of its own"
        dec     word [left]
        jnz     .more
        mov     cx, 3000
        dpmi    0000h
        check   nc, "child: thousands of descriptors"
        mov     ax, 4C21h
        int     21h
nothing:
        iretx
        section .bss
old     resb    6
        alignb  4
callback resd   1
selector resw   1
left    resw    1
divided resb    1
        alignb  4
structure resb  rm_size
