; A client gives INT 33h a procedure of its own: the host translates, the procedure is far-called in protected mode.
; Rule: reference 6.6 (a PM mouse handler gets a hidden callback); INT 33h AX=000Ch, 0014h, 0009h, 0016h, 0017h.
; options: --keys "{Wait 200}{Mouse 80,40}{Wait 50}{Click right}"
%include "guest.inc"
        call    enter_protected_mode
        mov     ax, 0
        int     33h
        cmp     ax, 0FFFFh
        check   e, "there is a mouse"
        mov     ax, 15h
        int     33h
        cmp     bx, 200
        check   be, "its state fits"
        mov     ax, 1Bh                 ; sensitivity and threshold, which the saved state keeps
        int     33h
        mov     [old_threshold], dx
        mov     xdx, state
        push    ds
        pop     es
        mov     ax, 16h
        int     33h
        mov     dx, 99
        mov     ax, 13h
        int     33h
        mov     xdx, state
        mov     ax, 17h
        int     33h
        mov     ax, 1Bh
        int     33h
        cmp     dx, [old_threshold]
        check   e, "the state is saved and restored through a selector"
        mov     cx, 7Fh
        push    cs
        pop     es
        mov     xdx, first_handler
        mov     ax, 0Ch
        int     33h
        cmp     xdx, first_handler
        check   e, "(E)DX is kept"
        mov     cx, 7Fh
        mov     xdx, handler
        mov     ax, 14h
        int     33h
        mov     ax, cs
        mov     bx, es
        cmp     ax, bx
        check   e, "14h: the old handler's selector"
        cmp     xdx, first_handler
        check   e, "and offset"
        cmp     cx, 7Fh
        check   e, "and mask"
        wait_for count, 3
        cmp     dword [count], 3
        check   e, "three events"
        mov     si, events
        mov     di, expected
        mov     cx, 3 * 4
        cld
        push    ds
        pop     es
        a16 repe cmpsw
        check   e, "condition, buttons, column and row of each"
        cmp     byte [seen_high], 0
        check   e, "high halves are zero"
        cmp     byte [seen_if], 0
        check   e, "interrupts are off in the handler"
        mov     ax, [seen_ss]
        cmp     ax, [stack_selector]
        check   ne, "it runs on the locked stack"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts are on again"
        mov     xcx, 0
        mov     xdx, 0
        mov     ax, 0Ch
        int     33h
        pass

first_handler:
        jmp     $                       ; is never called

handler:
        mov     ds, [cs:data_selector]
        mov     [seen_ss], ss
%if WIDTH == 32
        push    eax
        or      eax, ebx
        or      eax, ecx
        or      eax, edx
        shr     eax, 16
        or      [seen_high], al
        or      [seen_high], ah
        pop     eax
%endif
        push    xax
        push    xbx
        mov     ebx, [count]
        and     ebx, 3
        shl     bx, 3
        mov     [bx + events], ax
        mov     [bx + events + 4], cx
        mov     [bx + events + 6], dx
        mov     si, bx
        pop     xbx
        mov     [si + events + 2], bx
        dpmi    0902h
        or      [seen_if], al
        pop     xax
        inc     dword [count]
        retfx

        section .data
expected dw     1, 0, 80, 40
        dw      8, 2, 80, 40
        dw      10h, 0, 80, 40
        section .bss
        alignb  4
count   resd    1
old_threshold resw 1
seen_ss resw    1
events  resw    4 * 4
seen_high resb  1
seen_if resb    1
state   resb    200
