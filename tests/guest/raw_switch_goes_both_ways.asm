; 0306h: the registers given are the ones found; (E)BP is kept, FS and GS are null, the interrupt flag stays.
; Rule: DPMI 0.9, INT 31h AX=0306h.
%include "guest.inc"
        call    enter_protected_mode
        xor     edi, edi
        dpmi    0306h
        check   nc, "0306h"
        mov     [to_protected], cx
        mov     [to_protected + 2], bx
        mov     [to_real], xdi
        mov     [to_real + W], si
        mov     fs, [data_selector]
        mov     gs, [data_selector]
        mov     [sp_before], xsp
        mov     ebp, 0E1E2E3E4h
        sti
        mov     ax, [real_segment]
        mov     cx, 2222h
        mov     dx, ax
        xor     ebx, ebx
        mov     bx, real_stack_top
        mov     si, ax
        xor     edi, edi
        mov     di, real_side
        far_jump [to_real]
real_side:
        mov     [cs:seen_ds], ds
        mov     [cs:seen_es], es
        mov     [cs:seen_ss], ss
        mov     [cs:seen_sp], sp
        mov     [cs:seen_cs], cs
        mov     [cs:seen_bp], bp
        pushf
        pop     word [cs:seen_flags]
        mov     ah, 30h
        int     21h
        mov     [cs:version], al
        cli
        mov     ax, [cs:data_selector]
        xor     cx, cx
        mov     dx, [cs:stack_selector]
        mov     ebx, [cs:sp_before]
        mov     si, [cs:code_selector]
        xor     edi, edi
        mov     di, protected_side
        jmp     far [cs:to_protected]
protected_side:
        mov     [seen_sp2], xsp
        mov     ax, es
        mov     [seen_es2], ax
        push    ds
        pop     es
        mov     ax, fs
        mov     [seen_fs], ax
        mov     ax, gs
        mov     [seen_gs], ax
        mov     ax, [real_segment]
        cmp     ax, [seen_ds]
        check   e, "real mode: DS"
        cmp     word [seen_es], 2222h
        check   e, "real mode: ES"
        cmp     ax, [seen_ss]
        check   e, "real mode: SS"
        cmp     ax, [seen_cs]
        check   e, "real mode: CS"
        cmp     word [seen_sp], real_stack_top
        check   e, "real mode: SP"
        cmp     word [seen_bp], 0E3E4h
        check   e, "real mode: BP"
        test    word [seen_flags], IF
        check   nz, "real mode: interrupts still on"
        cmp     byte [version], 2
        check   ae, "real mode: DOS can be called"
        mov     ax, ds
        cmp     ax, [data_selector]
        check   e, "DS"
        cmp     word [seen_es2], 0
        check   e, "ES: null is allowed"
        cmp     word [seen_fs], 0
        check   e, "FS = 0"
        cmp     word [seen_gs], 0
        check   e, "GS = 0"
        mov     ax, ss
        cmp     ax, [stack_selector]
        check   e, "SS"
        mov     xax, [seen_sp2]
        cmp     xax, [sp_before]
        check   e, "(E)SP"
        cmp     bp, 0E3E4h
        check   e, "BP"
        dpmi    0902h
        cmp     al, 0
        check   e, "interrupts still off"
        sti
        mov     bx, ds
        call    get_base
        cmp     eax, [program_base]
        check   e, "services work"
        real_call procedure
        cmp     word [regs + rm.eax], 4242h
        check   e, "0301h works"
        pass
procedure:
        mov     ax, 4242h
        retf
        section .bss
to_protected resd 1
to_real resb    6
        alignb  4
sp_before resd  1
seen_sp2 resd   1
seen_ds resw    1
seen_es resw    1
seen_ss resw    1
seen_sp resw    1
seen_cs resw    1
seen_bp resw    1
seen_es2 resw   1
seen_fs resw    1
seen_gs resw    1
seen_flags resw 1
version resb    1
        alignb  4
        resb    200h
real_stack_top:
