; Parent and child have both hooked the timer. While the child lives it gets the ticks, even while the parent's
; callback runs; when it has ended, the parent gets them again.
; Rule: DPMI 1.0, 3 (hardware interrupts go to the primary client, the last that entered); reference 6.4, 8.4.
%include "guest.inc"
%include "child.inc"
        call    enter_protected_mode
        get_vector 8, old
        set_vector 8, tick
        callback_alloc handler, structure, callback
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 66h
        dpmi    0201h
        wait_for ticks, 1
        cmp     dword [ticks], 1
        check   ae, "alone it gets the timer"
        mov     byte [child_tail + 2], 'a'
        real_call start_child
        cmp     word [regs + rm.eax], 0021h
        check   e, "the child got its ticks"
        cmp     word [seen], 0
        check   e, "the parent got none while its handler waited for two"
        mov     eax, [ticks]
        inc     eax
        mov     [wanted], eax
        mov     ecx, 3000000
.wait:  mov     eax, [ticks]
        cmp     eax, [wanted]
        jae     .again
        dec     ecx
        jnz     .wait
.again: cmp     eax, [wanted]
        check   ae, "the parent gets the timer again"
        restore_vector 8, old
        pass
start_child:
        call    child_exec
        retf
tick:   push    ds
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        pop     ds
        far_jump [cs:old]
handler:                                ; the parent's, on behalf of the child's real-mode code
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        mov     ax, [xsi + 4]
        mov     [es:xdi + rm.flags], ax
        add     word [es:xdi + rm.sp], 6
        push    ds
        push    es
        mov     ds, [cs:data_selector]
        mov     edx, [ticks]
        mov     ax, 40h                 ; the BIOS data area: two ticks of its clock
        mov     es, ax
        dpmi    0901h
        mov     bx, [es:6Ch]
        add     bx, 2
        mov     ecx, 3000000
.wait:  cmp     [es:6Ch], bx
        je      .over
        dec     ecx
        jnz     .wait
.over:  dpmi    0900h
        sub     edx, [ticks]
        mov     [seen], dx
        pop     es
        pop     ds
        iretx
child:  call    enter_protected_mode
        get_vector 8, old
        set_vector 8, tick
        mov     dword [ticks], 0
        real_call use
        cmp     dword [ticks], 2
        check   ae, "child: two ticks at least while the parent's handler ran"
        restore_vector 8, old
        mov     ax, 4C21h
        int     21h
use:    int     66h
        retf
        section .bss
old     resb    6
seen    resw    1
        alignb  4
ticks   resd    1
wanted  resd    1
callback resd   1
structure resb  rm_size
