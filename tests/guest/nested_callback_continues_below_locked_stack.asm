; Callbacks three deep: one locked stack, each level below the one before; all unwinds; the same the next time.
; Rule: DPMI 0.9, section on stacks; L1, L2, L5 and R2 of the reference.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        mov     byte [round], 2
.again: mov     word [level], 0
        mov     word [deepest], 0
        mov     [application_sp], xsp
        mov     word [regs + rm.eax], 1
        mov     word [regs + rm.ip], procedure
        call    call_real
        cmp     xsp, [application_sp]
        check   e, "(E)SP of the application"
        mov     ax, ss
        cmp     ax, [stack_selector]
        check   e, "SS of the application"
        cmp     word [deepest], 3
        check   e, "three levels"
        cmp     word [level], 0
        check   e, "all have returned"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "first level: not the application's stack"
        cmp     ax, [seen_ss + 2]
        check   e, "second level: the same stack"
        cmp     ax, [seen_ss + 4]
        check   e, "third level: the same stack"
        mov     eax, [seen_sp + 4]
        cmp     eax, [seen_sp]
        check   b, "second level: below the first"
        mov     eax, [seen_sp + 8]
        cmp     eax, [seen_sp + 4]
        check   b, "third level: below the second"
        mov     eax, [seen_linear + 4]
        cmp     eax, [seen_linear]
        check   b, "second level: real-mode stack below the first"
        mov     eax, [seen_linear + 8]
        cmp     eax, [seen_linear + 4]
        check   b, "third level: real-mode stack below the second"
        cmp     byte [unbalanced], 0
        check   e, "every real-mode caller finds its SP"
        cmp     byte [damaged], 0
        check   e, "every handler finds its stack untouched"
        mov     eax, [seen_sp]
        xchg    eax, [first_sp]
        cmp     byte [round], 2
        je      .first
        cmp     eax, [first_sp]
        check   e, "the first level is at the same place as the first time"
.first: dec     byte [round]
        jnz     .again
        pass
procedure:
        push    bp
        mov     bp, sp
        call    far [cs:callback]
        cmp     bp, sp
        je      .same
        inc     byte [cs:unbalanced]
.same:  pop     bp
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        call    linear_of_ds_si
        mov     ds, [cs:data_selector]
        mov     bx, [level]
        inc     word [level]
        mov     si, bx
        shl     si, 2
        mov     [seen_linear + si], eax
        xor     eax, eax
        mov     xax, xsp
        mov     [seen_sp + si], eax
        add     bx, bx
        mov     [seen_ss + bx], ss
        mov     ax, [level]
        cmp     ax, [deepest]
        jbe     .known
        mov     [deepest], ax
.known: mov     cx, rm_size             ; the static structure belongs to the next level now
        push    xdi
        mov     di, ax
        imul    di, rm_size
        add     di, copies - rm_size
        mov     si, structure
        a16 rep movsb
        pop     xdi
        cmp     ax, 3
        je      .deepest
        push    ax
        push    dword 0DEADBEEFh
        imul    di, ax, rm_size
        add     di, calls - rm_size
        movzx   edi, di
        mov     word [di + rm.ip], procedure
        mov     bx, [real_segment]
        mov     [di + rm.cs], bx
        mov     word [di + rm.flags], 202h
        mov     dword [di + rm.sp], 0
        xor     bx, bx
        xor     cx, cx
        dpmi    0301h
        pop     eax
        cmp     eax, 0DEADBEEFh
        je      .whole
        inc     byte [damaged]
.whole: pop     ax
.deepest:
        imul    di, ax, rm_size
        add     di, copies - rm_size
        movzx   edi, di
        dec     word [level]
        iretx
        section .bss
callback resd   1
application_sp resd 1
first_sp resd   1
seen_sp resd    3
seen_linear resd 3
seen_ss resw    6
level   resw    1
deepest resw    1
round   resb    1
unbalanced resb 1
damaged resb    1
        alignb  4
structure resb  rm_size
copies  resb    rm_size * 3
calls   resb    rm_size * 3
