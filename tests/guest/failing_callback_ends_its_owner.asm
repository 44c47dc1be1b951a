; A client runs a client, which runs a third that calls the second's callback, whose handler fails: the second and the
; third end, everything they held comes back, and the first goes on.
; Rule: DPMI 1.0, termination; reference 6.5, 9.3.
%include "guest.inc"
%include "child.inc"
        call    largest_block
        mov     [dos_before], bx
        call    enter_protected_mode
        push    ds
        pop     es
        mov     xdi, before
        dpmi    0500h
        mov     word [left], 3
.again: mov     byte [child_tail + 2], 'a'
        real_call start_child
        cmp     word [regs + rm.eax], 00FFh
        check   e, "the host has ended the child"
        push    ds
        pop     es
        mov     xdi, after
        dpmi    0500h
        mov     eax, [before]
        cmp     eax, [after]
        check   e, "extended memory is back"
        dec     word [left]
        jnz     .again
        mov     bx, [data_selector]
        call    get_base
        cmp     eax, [program_base]
        check   e, "our table is in use"
        pass
start_child:
        call    child_exec
        call    take_vector
        retf
take_vector:                            ; the vector is the client's duty
        push    es
        push    0
        pop     es
        mov     dword [es:66h * 4], 0
        pop     es
        ret
child:  cmp     al, 'b'
        je      near grandchild
        call    child_find_path         ; the parent's is in its copy of this program
        call    enter_protected_mode
        call    takes
        callback_alloc handler, structure, callback
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 66h
        dpmi    0201h
        real_call start_grandchild
        check   ne, "child: not reached"
start_grandchild:
        mov     byte [child_tail + 2], 'b'
        call    child_exec
        retf
handler:
        ud2
grandchild:
        call    find_host
        mov     ax, WIDTH == 16
        call    far [entry_point]
        check   nc, "grandchild: entered with the other width"
        call    entered
        call    takes
        xor     edi, edi
        real_call use
        check   ne, "grandchild: not reached"
use:    int     66h
        retf
takes:  mov     bx, 10h                 ; 1 MB, locked; descriptors, DOS memory
        mov     cx, 0
        dpmi    0501h
        check   nc, "memory"
        mov     si, 10h
        mov     di, 0
        dpmi    0600h
        check   nc, "a lock"
        mov     cx, 500
        dpmi    0000h
        check   nc, "descriptors"
        mov     bx, 100h
        dpmi    0100h
        check   nc, "DOS memory"
        ret
        section .bss
dos_before resw 1
left    resw    1
        alignb  4
callback resd   1
before  resb    30h
after   resb    30h
structure resb  rm_size
