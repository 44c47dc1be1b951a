; A client runs programs that become clients one after the other, take something of everything and end in every way.
; Whatever they do, what is free afterwards is what was free before. An argument says how many.
; Rule: DPMI 1.0, multiple clients, termination; reference 8.4, 9.3.
%define ROUNDS 8
%include "guest.inc"
%include "rounds.inc"
%include "child.inc"
        call    enter_protected_mode
        mov     word [regs + rm.ip], start_child
.round: round_begins
        inc     byte [kind]
        and     byte [kind], 3
        mov     al, [kind]
        add     al, 'a'
        mov     [child_tail + 2], al
        call    call_real
        movzx   bx, byte [kind]
        mov     al, [regs + rm.eax]
        cmp     al, [codes + bx]
        check   e, "the child has ended as it wanted to"
        call    take_stock
        next_round .round
        pass
start_child:                            ; real mode
        call    child_exec
        push    ax
        call    largest_block
        pop     ax
        mov     [dos_memory], bx
        retf
take_stock:                             ; the first time what is free is noted, then it must be the same
        mov     xdi, stock
        dpmi    0500h
        check   nc, "0500h"
        call    new_selector
        dpmi    0001h
        mov     [stock + 30h], bx
        mov     ax, [dos_memory]
        mov     [stock + 32h], ax
        mov     si, stock
        mov     di, first_stock
        mov     cx, 34h / 2
        cld
        cmp     byte [has_stock], 0
        jne     .compare
        mov     byte [has_stock], 1
        rep movsw
        ret
.compare:
        repe cmpsw
        check   e, "memory, descriptors and DOS memory are as after the first child"
        ret

child:  mov     [kind], al
        cmp     al, 'b'
        je      other_width
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        check   nc, "child: a callback"
        xor     bx, bx
        mov     cx, 8000h
        dpmi    0501h
        check   nc, "child: extended memory"
        mov     si, 0
        mov     di, 1000h
        dpmi    0600h
        check   nc, "child: a lock"
        mov     bx, 10h
        dpmi    0100h
        check   nc, "child: DOS memory"
        mov     cx, 20
        dpmi    0000h
        check   nc, "child: descriptors"
        set_vector 66h, handler
        set_exception 6, handler
        mov     ah, 3Ch
        xor     cx, cx
        mov     xdx, name
        int     21h
        check   nc, "child: a file"
        cmp     byte [kind], 'c'
        je      fails
        cmp     byte [kind], 'd'
        je      ends_in_real_mode
        mov     ax, 4C21h
        int     21h
fails:  xor     cx, cx
        div     cx
ends_in_real_mode:
        real_call .end
.end:   mov     ax, 4C23h
        int     21h
other_width:
        call    find_host
        mov     ax, WIDTH == 16
        call    far [entry_point]
        check   nc, "child: may enter with the other width"
        mov     cx, 5
        dpmi    0000h
        mov     ax, 4C22h
        int     21h
handler:
        iretx

        section .data
codes   db      21h, 22h, 0FFh, 23h
name    db      "LEFT.TMP", 0
        section .bss
callback resd   1
        alignb  4
stock   resb    34h
first_stock resb 34h
has_stock resb  1
kind    resb    1
dos_memory resw 1
        alignb  4
structure resb  rm_size
