; Rule R1: with SS:SP = 0:0 real mode gets the host's stack, at least 200h bytes, in the block given at entry.
; Rule: DPMI 0.9, section on stacks; reference 4 (RMS), R1.
%include "guest.inc"
        call    find_host
        mov     [block], es
        mov     [paragraphs], si
        mov     ax, WIDTH == 32
        call    far [entry_point]
        check   nc, "entry"
        mov     [data_selector], ds
        push    ds
        pop     es
        real_call procedure
        mov     ax, [seen_ss]
        shl     eax, 16
        shr     eax, 12                 ; SS * 16
        movzx   ebx, word [seen_sp]
        add     eax, ebx
        movzx   ebx, word [block]
        shl     ebx, 4
        sub     eax, ebx
        check   ae, "the stack is not below the block"
        cmp     eax, 200h - 4
        check   ae, "200h bytes lie below the stack pointer"
        movzx   ebx, word [paragraphs]
        shl     ebx, 4
        cmp     eax, ebx
        check   be, "the stack is not above the block"
        mov     cx, [seen_ss]
        mov     dx, [seen_sp]
        real_call procedure
        cmp     cx, [seen_ss]
        check   e, "the same SS the next time"
        cmp     dx, [seen_sp]
        check   e, "and the same SP: the call before left nothing"
        pass
procedure:
        mov     [cs:seen_ss], ss
        mov     [cs:seen_sp], sp
        mov     cx, 0F0h                ; use the 200h bytes
.fill:  push    cx
        loop    .fill
        add     sp, 0F0h * 2
        retf
        section .bss
block   resw    1
paragraphs resw 1
seen_ss resw    1
seen_sp resw    1
