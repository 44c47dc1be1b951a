; 0D02h waits: a child waits for what its parent holds, and gets it when a callback of the parent, reached by the timer,
; releases it.
; Rule: DPMI 1.0, INT 31h AX=0D02h, 0D03h.
%include "guest.inc"
%include "child.inc"
        call    enter_protected_mode
        call    open
        check   nc, "0D00h"
        mov     si, [handle + 2]
        mov     di, [handle]
        xor     dx, dx
        dpmi    0D02h
        check   nc, "the parent holds it"
        callback_alloc release, structure, callback
        check   nc, "0303h"
        get_real_vector 1Ch, old
        mov     bl, 1Ch
        mov     cx, [callback + 2]
        mov     dx, [callback]
        dpmi    0201h
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], 'a'
        call    call_real
        restore_real_vector 1Ch, old
        cmp     word [regs + rm.eax], 0021h
        check   e, "the child has got it"
        cmp     word [ticks], 3
        check   ae, "after some time"
        cmp     word [failed], 0
        check   e, "the callback could release it"
        mov     si, [handle + 2]
        mov     di, [handle]
        mov     dx, 1
        dpmi    0D02h
        check   nc, "and the child's end has freed it"
        pass
release:                                ; every timer tick, as if by an INT
        push    ds
        push    eax
        push    edx
        push    esi
        push    edi
        mov     ds, [cs:data_selector]
        inc     word [ticks]
        cmp     word [ticks], 3
        jne     .on
        mov     si, [handle + 2]
        mov     di, [handle]
        xor     dx, dx
        dpmi    0D03h
        jnc     .on
        mov     [failed], ax
.on:    pop     edi
        pop     esi
        pop     edx
        pop     eax
        pop     ds
        mov     eax, [xsi]              ; return from the interrupt
        mov     [es:xdi + rm.ip], eax
        mov     ax, [xsi + 4]
        mov     [es:xdi + rm.flags], ax
        add     word [es:xdi + rm.sp], 6
        iretx
open:   mov     dword [request + 10h], name
        mov     ax, [data_selector]
        mov     [request + 14h], ax
        mov     xdi, request
        dpmi    0D00h
        mov     eax, [request + 8]
        mov     [handle], eax
        ret
start_child:
        call    child_exec
        retf
child:  call    enter_protected_mode
        call    open
        check   nc, "child: 0D00h"
        mov     si, [handle + 2]
        mov     di, [handle]
        xor     dx, dx
        dpmi    0D02h
        check   nc, "child: 0D02h"
        mov     ax, 4C21h
        int     21h
        section .data
name    db      "serialized", 0
        section .bss
        alignb  4
request resb    1Ch
handle  resd    1
callback resd   1
old     resd    1
ticks   resw    1
failed  resw    1
        alignb  4
structure resb  rm_size
