; 0B00h-0B03h: what triggers a watchpoint and what does not, which exception 1 tells, and that real mode, the host and
; a child are looked after too.
; Rule: DPMI 0.9, INT 31h AX=0B00h-0B03h; 1.0: error codes, the virtual DR6 in the error code of exception 1.
%include "guest.inc"
%include "child.inc"
%macro watch 3                          ; variable, bytes, type -> BX = handle
        mov     eax, [program_base]
        add     eax, %1
        call    watch_eax
        db      %2, %3
%endmacro
%macro state 2                          ; handle variable, 0 or 1
        mov     bx, [%1]
        dpmi    0B02h
        cmp     ax, %2
%endmacro
        call    enter_protected_mode
        mov     bl, 1
        mov     cx, cs
        mov     xdx, handler
        dpmi    0212h
        check   nc, "0212h"
        ; errors
        watch   target, 3, 1
        check_error 8021h, "three bytes"
        watch   target, 0, 1
        check_error 8021h, "no bytes"
        watch   target, 1, 3
        check_error 8021h, "a type there is not"
        watch   target, 2, 0
        check_error 8021h, "two bytes of code"
        watch   target + 1, 2, 1
        check_error 8025h, "two bytes at an odd address"
        watch   target + 2, 4, 2
        check_error 8025h, "four bytes across a boundary of four"
        mov     eax, 70000000h
        call    watch_eax
        db      4, 1
        check_error 8025h, "memory nobody has"
        mov     eax, 0C0000000h
        call    watch_eax
        db      4, 1
        check_error 8025h, "memory of the host"
        ; writes
        mov     edi, 0F1F2F3F4h
        watch   target, 4, 1
        check   nc, "four bytes, written"
        mov     [written], bx
        cmp     edi, 0F1F2F3F4h
        check   e, "EDI is kept"
        state   written, 0
        check   e, "not triggered"
        mov     eax, [target]
        mov     [target + 4], eax
        mov     [target - 4], eax
        cmp     word [seen], 0
        check   e, "neither by a read nor by its neighbours"
        mov     [target + 3], al
here1:  cmp     word [seen], 1
        check   e, "triggered by a write to its last byte"
        cmp     word [seen_ip], here1
        check   e, "behind the instruction"
        mov     cx, [written]
        mov     ax, 1
        shl     ax, cl
        cmp     [seen_code], ax
        check   e, "the error code has the handle's bit"
        mov     [target - 2], eax
        cmp     word [seen], 2
        check   e, "triggered by a write that reaches into it"
        state   written, 1
        check   e, "the state says so"
        mov     bx, [written]
        dpmi    0B03h
        check   nc, "0B03h"
        state   written, 0
        check   e, "reset"
        mov     cx, 3
        mov     di, target - 1
        cld
        mov     al, 0
        rep     stosb
        cmp     word [seen], 4
        check   e, "a string instruction: behind each byte"
        ; reads
        watch   other, 2, 2
        check   nc, "two bytes, read or written"
        mov     [read], bx
        mov     ax, [other]
        cmp     word [seen], 5
        check   e, "triggered by a read"
        mov     [other], ax
        cmp     word [seen], 6
        check   e, "and by a write"
        mov     si, other
        mov     di, target
        movsw                           ; reads the one, writes the other
        cmp     word [seen], 7
        check   e, "two at once"
        mov     cx, [written]
        mov     ax, 1
        shl     ax, cl
        mov     cx, [read]
        mov     dx, 1
        shl     dx, cl
        or      ax, dx
        cmp     [seen_code], ax
        check   e, "are both told"
        ; code
        watch   code, 1, 0
        check   nc, "an instruction"
        mov     [executed], bx
        mov     ax, [code]
        cmp     word [seen], 7
        check   e, "not triggered by a read"
        mov     cx, 3
again:
code:   inc     word [counter]
        loop    again
        cmp     word [seen], 10
        check   e, "triggered each time"
        cmp     word [seen_ip], code
        check   e, "in front of the instruction"
        cmp     word [counter], 3
        check   e, "which is then executed, once"
        ; the trap flag
        pushfx
        or      word [esp], 100h
        popfx
        nop
        cmp     word [seen_code], 8000h
        check   e, "the trap flag's bit"
        mov     word [seen], 0
        ; a fourth, and no fifth
        watch   other + 4, 4, 1
        check   nc, "the processor has four"
        mov     [fourth], bx
        watch   other + 8, 4, 1
        check_error 8016h, "and no fifth"
        ; the host writes
        mov     xdi, other + 4
        mov     bx, cs
        dpmi    000Bh
        cmp     word [seen], 0
        check   e, "what the host writes raises nothing"
        state   fourth, 1
        check   e, "and is told by the state"
        ; real mode
        mov     bx, [written]
        dpmi    0B03h
        real_call procedure
        cmp     word [seen], 0
        check   e, "real mode: no exception here"
        state   written, 1
        check   e, "and it is told by the state"
        mov     bl, 1
        mov     cx, cs
        mov     xdx, real_handler
        dpmi    0213h
        check   nc, "0213h"
        real_call procedure
        cmp     word [seen], 1
        check   e, "real mode: an exception of real mode"
        mov     ax, [real_segment]
        cmp     [seen_cs], ax
        check   e, "at a real-mode address"
        ; a child has registers of its own
        mov     bx, [written]
        dpmi    0B03h
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], 'a'
        call    call_real
        cmp     word [regs + rm.eax], 0021h
        check   e, "a child may set four as well"
        ; clear
        mov     word [seen], 0
        mov     bx, [written]
        dpmi    0B01h
        check   nc, "0B01h"
        mov     dword [target], 0
        cmp     word [seen], 0
        check   e, "not triggered any more"
        mov     bx, [written]
        dpmi    0B01h
        check_error 8023h, "0B01h twice"
        mov     bx, [written]
        dpmi    0B02h
        check_error 8023h, "0B02h: the handle is free"
        mov     bx, [written]
        dpmi    0B03h
        check_error 8023h, "0B03h: the handle is free"
        mov     bx, 0FFFFh
        dpmi    0B02h
        check_error 8023h, "0B02h: a handle there is not"
        watch   target, 4, 1
        check   nc, "there is room again"
        state   written, 0
        check   e, "not triggered"
        pass
watch_eax:                              ; EAX = linear address; bytes and type behind the call
        pop     si
        mov     cx, ax
        shr     eax, 16
        mov     bx, ax
        cs lodsb
        mov     dl, al
        cs lodsb
        mov     dh, al
        dpmi    0B00h
        jmp     si
procedure:                              ; real mode
        mov     dword [target], 1
        retf
start_child:
        call    child_exec
        retf
child:  call    enter_protected_mode
        mov     cx, 4
.more:  push    cx
        watch   target, 4, 1
        check   nc, "child: a watchpoint"
        pop     cx
        loop    .more
        mov     ax, 4C21h
        int     21h
handler:                                ; note it and go on, the trap flag off
        push    xbp
        mov     xbp, xsp
        push    ds
        push    ax
        mov     ds, [cs:data_selector]
        inc     word [seen]
        mov     ax, [ss:xbp + W + 28h]
        mov     [seen_code], ax
        mov     ax, [ss:xbp + W + 2Ch]
        mov     [seen_ip], ax
        mov     ax, [ss:xbp + W + 30h]
        mov     [seen_cs], ax
        and     word [ss:xbp + W + 34h], ~100h
        pop     ax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
real_handler equ handler
        section .data
        align   4
        dd      0
target  dd      0
        dd      0
        align   4
other   dd      0, 0, 0
        section .bss
written resw    1
read    resw    1
executed resw   1
fourth  resw    1
counter resw    1
seen    resw    1
seen_code resw  1
seen_ip resw    1
seen_cs resw    1
