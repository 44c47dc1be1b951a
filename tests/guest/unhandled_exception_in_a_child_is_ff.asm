; A client ended by an exception nobody handles reports code FFh to its parent, which goes on.
; Rule: reference 6.5 and 9.1: termination with code FFh.
%include "guest.inc"
%include "child.inc"
        call    largest_block
        mov     [dos_before], bx
        run_child 'a'
        cmp     al, 0FFh
        check   e, "code FFh"
        call    largest_block
        cmp     bx, [dos_before]
        check   e, "DOS memory is back"
        call    enter_protected_mode
        dpmi    0902h
        check   nc, "the next client works"
        cmp     al, 1
        check   e, "with interrupts on"
        pass
child:  call    enter_protected_mode
        mov     ax, 0FFFCh
        mov     es, ax
        mov     ax, 4C00h
        int     21h
        section .bss
dos_before resw 1
