; A callback in the interrupt table: reached by INT from real mode and by reflection from protected mode.
; Rule: DPMI 0.9, INT 31h AX=0303h: three words on the real-mode stack; FLAGS in the structure with IF = TF = 0.
%include "guest.inc"
        call    enter_protected_mode
        get_real_vector 65h, old
        callback_alloc handler, structure, callback
        restore_real_vector 65h, callback
        real_call procedure
        check   nc, "0301h"
        cmp     word [regs + rm.eax], 1235h
        check   e, "AX comes back to real mode"
        cmp     byte [real_carry], 1
        check   e, "and CF"
        cmp     byte [unbalanced], 0
        check   e, "SP is balanced"
        cmp     word [seen_ip], behind
        check   e, "the interrupt frame: IP"
        mov     ax, [real_segment]
        cmp     ax, [seen_cs]
        check   e, "the interrupt frame: CS"
        test    word [seen_stacked_flags], IF
        check   nz, "the interrupt frame: FLAGS with IF on"
        test    word [seen_flags], IF
        check   z, "the structure's FLAGS: IF off"
        test    word [real_flags], IF
        check   nz, "interrupts are on again in the caller"
        mov     ax, 2000h
        int     65h
        check   c, "from protected mode: CF"
        cmp     ax, 2001h
        check   e, "from protected mode: AX"
        cmp     byte [count], 2
        check   e, "two entries"
        restore_real_vector 65h, old
        pass
procedure:
        mov     bp, sp
        sti
        mov     ax, 1234h
        clc
        int     65h
behind: pushf
        pop     word [cs:real_flags]
        setc    byte [cs:real_carry]
        cmp     bp, sp
        je      .same
        inc     byte [cs:unbalanced]
.same:  retf
handler:
        cld
        mov     fs, [cs:data_selector]
        inc     byte [fs:count]
        mov     ax, [es:xdi + rm.flags]
        cmp     byte [fs:count], 1
        jne     .second
        mov     [fs:seen_flags], ax
        mov     ax, [xsi]
        mov     [fs:seen_ip], ax
        mov     ax, [xsi + 2]
        mov     [fs:seen_cs], ax
        mov     ax, [xsi + 4]
        mov     [fs:seen_stacked_flags], ax
.second:
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        mov     ax, [xsi + 4]
        or      al, CF
        mov     [es:xdi + rm.flags], ax
        add     word [es:xdi + rm.sp], 6
        inc     word [es:xdi + rm.eax]
        iretx
        section .bss
callback resd   1
old     resd    1
seen_ip resw    1
seen_cs resw    1
seen_flags resw 1
seen_stacked_flags resw 1
real_flags resw 1
real_carry resb 1
unbalanced resb 1
count   resb    1
        alignb  4
structure resb  rm_size
