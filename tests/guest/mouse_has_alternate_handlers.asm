; Handlers for the mouse with a shift key held may be in protected mode, too, beside the one for all events.
; Rule: reference 6.6; INT 33h AX=0018h, 0019h (Microsoft Mouse Programmer's Reference), 0021h.
; options: --keys "{Wait 200}{Mouse 80,40}{Wait 100}{Mouse 160,80}"
%include "guest.inc"
SHIFT   equ     20h
CTRL    equ     40h
        call    enter_protected_mode
        mov     ax, 21h
        int     33h
        cmp     ax, 0FFFFh
        check   e, "0021h: there is a mouse"
        mov     bx, 40h
        dpmi    0002h
        mov     fs, ax
        push    cs
        pop     es
        mov     cx, 1
        mov     xdx, handler
        mov     ax, 0Ch
        int     33h
        mov     cx, SHIFT + 1
        mov     xdx, shifted
        mov     ax, 18h
        int     33h
        cmp     ax, 18h
        check   e, "0018h: a handler for Shift"
        cmp     xdx, shifted
        check   e, "(E)DX is kept"
        mov     cx, 1
        mov     ax, 18h
        int     33h
        cmp     ax, 0FFFFh
        check   e, "0018h without a shift key fails"
        mov     cx, SHIFT
        mov     ax, 19h
        int     33h
        cmp     ax, 19h
        check   e, "0019h: who is it?"
        mov     ax, cs
        cmp     bx, ax
        check   e, "its selector"
        cmp     xdx, shifted
        check   e, "and offset"
        cmp     cx, SHIFT + 1
        check   e, "and mask"
        mov     cx, CTRL
        mov     ax, 19h
        int     33h
        cmp     ax, 0FFFFh
        check   e, "there is none for Ctrl"
        mov     byte [fs:17h], 2        ; left Shift
        wait_for shifted_count, 1
        mov     byte [fs:17h], 0
        wait_for count, 1
        cmp     dword [shifted_count], 1
        check   e, "with Shift its handler was called"
        cmp     dword [count], 1
        check   e, "without it the other, which the failed call has not replaced"
        mov     cx, SHIFT
        mov     ax, 18h
        int     33h
        mov     cx, SHIFT
        mov     ax, 19h
        int     33h
        cmp     ax, 0FFFFh
        check   e, "no conditions: no handler any more"
        pass

handler:
        mov     ds, [cs:data_selector]
        inc     dword [count]
        retfx
shifted:
        mov     ds, [cs:data_selector]
        inc     dword [shifted_count]
        retfx

        section .bss
        alignb  4
count   resd    1
shifted_count resd 1
