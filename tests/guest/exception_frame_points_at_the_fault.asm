; A 0203h handler for a divide error: frame, locked stack, interrupts off, registers untouched; the edited frame counts.
; Rule: DPMI 0.9, INT 31h AX=0203h, exception frame.
%include "guest.inc"
        call    enter_protected_mode
        set_exception 0, handler
        check   nc, "0203h"
        mov     [sp_before], xsp
        mov     eax, 0A1A1A1A1h
        mov     ebx, 0B1B1B1B1h
        mov     edx, 0
        mov     esi, 051515151h
        mov     edi, 0F1F1F1F1h
        mov     ebp, 0E1E1E1E1h
        xor     cx, cx
        mov     fs, [psp_selector]
        stc
here:   div     cx
        pushf
        cmp     eax, 0A1A1A1A1h
        check   e, "EAX"
        cmp     ebx, 0B1B1B1B1h
        check   e, "EBX"
        cmp     esi, 051515151h
        check   e, "ESI"
        cmp     edi, 0F1F1F1F1h
        check   e, "EDI"
        cmp     ebp, 0E1E1E1E1h
        check   e, "EBP"
        mov     ax, fs
        cmp     ax, [psp_selector]
        check   e, "FS"
        pop     ax
        test    ax, CF
        check   nz, "FLAGS of the fault come back"
        cmp     xsp, [sp_before]
        check   e, "(E)SP"
        cmp     byte [count], 1
        check   e, "one exception"
        cmp     word [seen_ip], here
        check   e, "frame: IP of the instruction"
        mov     ax, cs
        cmp     ax, [seen_cs]
        check   e, "frame: CS"
        test    word [seen_flags], CF
        check   nz, "frame: FLAGS"
        mov     xax, [seen_sp]
        cmp     xax, [sp_before]
        check   e, "frame: (E)SP"
        mov     ax, ss
        cmp     ax, [seen_frame_ss]
        check   e, "frame: SS"
        cmp     ax, [seen_ss]
        check   ne, "the handler ran on the locked stack"
        movzx   ecx, word [seen_return_cs]
        lar     eax, ecx
        and     eax, 9800h
        cmp     eax, 9800h
        check   e, "its return address is the host's"
        cmp     byte [seen_if], 0
        check   e, "interrupts were off"
        mov     ax, [seen_ds]
        cmp     ax, [data_selector]
        check   e, "DS was the program's"
        mov     eax, [seen_ebx]
        cmp     eax, 0B1B1B1B1h
        check   e, "EBX was the program's"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on again"
        xor     cx, cx
        mov     byte [redirect], 1
        div     cx
        cmp     ax, ax
        check   ne, "the handler's new address was used"
elsewhere:
        cmp     byte [count], 2
        check   e, "a second exception"
        mov     ax, sp
        cmp     ax, own_stack_top
        check   e, "with the handler's new SP"
        pass
handler:
        push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ax, ds
        mov     ds, [cs:data_selector]
        mov     [seen_ds], ax
        inc     byte [count]
        mov     [seen_ebx], ebx
        mov     [seen_ss], ss
        mov     ax, [ss:xbp + W + W]
        mov     [seen_return_cs], ax
        mov     ax, [ss:xbp + W + frame_ip]
        mov     [seen_ip], ax
        mov     ax, [ss:xbp + W + frame_cs]
        mov     [seen_cs], ax
        mov     ax, [ss:xbp + W + frame_flags]
        mov     [seen_flags], ax
        mov     xax, [ss:xbp + W + frame_sp]
        mov     [seen_sp], xax
        mov     ax, [ss:xbp + W + frame_ss]
        mov     [seen_frame_ss], ax
        mov     ax, 0902h
        int     31h
        mov     [seen_if], al
        add     word [ss:xbp + W + frame_ip], 2
        cmp     byte [redirect], 0
        je      .end
        mov     word [ss:xbp + W + frame_ip], elsewhere
        mov     word [ss:xbp + W + frame_sp], own_stack_top
.end:   pop     eax
        pop     ds
        pop     xbp
        retfx
        section .bss
sp_before resd  1
seen_sp resd    1
seen_ebx resd   1
seen_ip resw    1
seen_cs resw    1
seen_flags resw 1
seen_frame_ss resw 1
seen_ss resw    1
seen_ds resw    1
seen_return_cs resw 1
seen_if resb    1
redirect resb   1
count   resb    1
        alignb  4
        resb    200h
own_stack_top:
