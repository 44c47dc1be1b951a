; What a client leaves behind comes back when it ends: DOS memory, extended memory, callbacks, descriptors. Real-mode
; vectors it set stay: they are the client's duty.
; Rule: DPMI 1.0, termination; reference 9.3.
%include "guest.inc"
%include "child.inc"
        call    largest_block
        mov     [dos_before], bx
        mov     word [left], 12
.again: run_child 'a'                   ; it takes all callbacks, a megabyte, thousands of descriptors
        cmp     ax, 0021h
        check   e, "the child finds everything there"
        call    largest_block
        cmp     bx, [dos_before]
        check   e, "DOS memory is back"
        dec     word [left]
        jnz     .again
        run_child 'b'
        cmp     ax, 0022h
        check   e, "a child that sets a real-mode vector"
        xor     ax, ax
        mov     es, ax
        cmp     dword [es:66h * 4], 87654321h
        check   e, "the vector stays"
        mov     dword [es:66h * 4], 0
        pass
child:  cmp     al, 'b'
        je      .vector
        call    enter_protected_mode
        mov     bx, 40h
        mov     cx, 0
        dpmi    0501h
        check   nc, "4 MB of memory"
        mov     bx, 100h
        dpmi    0100h
        check   nc, "DOS memory"
        mov     cx, 2000
        dpmi    0000h
        check   nc, "descriptors"
        mov     word [left], 32
.more:  callback_alloc handler, structure, address
        check   nc, "callbacks"
        dec     word [left]
        jnz     .more
        set_vector 66h, handler
        set_exception 0Dh, handler
        mov     ax, 4C21h
        int     21h
.vector:
        call    enter_protected_mode
        mov     bl, 66h
        mov     cx, 8765h
        mov     dx, 4321h
        dpmi    0201h
        mov     ax, 4C22h
        int     21h
handler:
        iretx
        section .bss
dos_before resw 1
left    resw    1
address resd    1
        alignb  4
structure resb  rm_size
