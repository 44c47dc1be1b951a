; A debugger in a client: breakpoints, single steps and a watchpoint on code in protected mode, and a program it has
; loaded in real mode, stopped at its first instruction, stepped and let go.
; Rule: reference 6.5 (traps have EIP behind), 2.9 (0B00h execute); INT 21h AX=4B01h; INT 1 and 3 through the IVT.
%include "guest.inc"
%include "child.inc"
TF      equ     100h
STEPS   equ     8

; A child in real mode
        mov     [parent], cs
        call    child_parameters
        mov     byte [child_tail + 2], 'c'
        mov     ax, [child_segment]
        mov     [load_block + 4], ax
        mov     [load_block + 8], ax
        mov     [load_block + 12], ax
        mov     ax, 3501h
        int     21h
        mov     [old_1], bx
        mov     [old_1 + 2], es
        mov     ax, 3503h
        int     21h
        mov     [old_3], bx
        mov     [old_3 + 2], es
        push    ds
        pop     es
        mov     dx, real_step
        mov     ax, 2501h
        int     21h
        mov     dx, real_stop
        mov     ax, 2503h
        int     21h
        mov     dx, child_path
        mov     bx, load_block
        mov     ax, 4B01h
        int     21h
        check   nc, "4B01h: load a program"
        mov     ah, 51h
        int     21h
        mov     [loaded], bx
        les     di, [load_block + 12h]
        mov     al, [es:di]
        mov     [kept], al
        mov     byte [es:di], 0CCh      ; a breakpoint at its first instruction
        mov     es, [loaded]
        mov     word [es:0Ah], child_done
        mov     [es:0Ch], cs
        mov     bp, [loaded]
        lss     sp, [load_block + 0Eh]
        mov     ds, bp
        mov     es, bp
        jmp     far [cs:load_block + 12h]
child_done:
        push    cs
        pop     ds
        push    cs
        pop     es
        cld
        mov     ah, 4Dh
        int     21h
        cmp     ax, 0044h
        check   e, "the child has ended with its code"
        mov     ah, 51h
        int     21h
        cmp     bx, [parent]
        check   e, "and its parent is the current program again"
        cmp     byte [stops], 1
        check   e, "stopped once"
        mov     ax, [load_block + 12h]
        cmp     ax, [stopped_at]
        check   e, "at its first instruction"
        cmp     byte [steps], STEPS
        check   e, "then so many steps"
        cmp     word [step_places], begin
        check   e, "the first has followed the jump it begins with"
        lds     dx, [old_1]
        mov     ax, 2501h
        int     21h
        push    cs
        pop     ds
        lds     dx, [old_3]
        mov     ax, 2503h
        int     21h
        push    cs
        pop     ds

; Its own code in protected mode
        call    enter_protected_mode
        set_exception 3, stop
        set_exception 1, step
        mov     al, [victim.middle]
        mov     [kept], al
        mov     byte [victim.middle], 0CCh
        mov     byte [stops], 0
        mov     byte [steps], 0
        call    victim
        cmp     byte [stops], 3
        check   e, "a breakpoint in a loop is hit each time"
        cmp     byte [steps], 3
        check   e, "and put back by a step each time"
        cmp     word [stopped_at], victim.middle + 1
        check   e, "INT 3 is a trap: EIP is behind it"
        cmp     word [step_places + 4], victim.behind
        check   e, "the step ends at the next instruction"
        cmp     cx, 0
        check   e, "the code has done its work"
        mov     al, [kept]
        mov     [victim.middle], al
        set_exception 1, trace
        mov     byte [steps], 0
        pushfx
        pop     xax
        or      ax, TF
        push    xax
        popfx                           ; from the next instruction on
        call    victim
        mov     ax, 1
        mov     ax, 2
traced: cmp     word [step_places], victim
        check   e, "the first step goes into the procedure"
        cmp     byte [steps], 1 + 1 + 3 * 3 + 1 + 2
        check   e, "every instruction is a step"
        set_exception 1, watch
        mov     byte [stops], 0
        mov     eax, [program_base]
        add     eax, victim.behind
        mov     cx, ax
        shr     eax, 16
        mov     bx, ax
        mov     dx, 0001h               ; execute, one byte
        dpmi    0B00h
        check   nc, "0B00h: a watchpoint on an instruction"
        mov     [handle], bx
        call    victim
        cmp     byte [stops], 3
        check   e, "it stops before the instruction, each time once"
        cmp     word [stopped_at], victim.behind
        check   e, "EIP is at it"
        mov     bx, [handle]
        dpmi    0B02h
        test    al, 1
        check   nz, "0B02h: it was hit"
        mov     bx, [handle]
        dpmi    0B01h
        check   nc, "0B01h: remove it"
        pass

victim: mov     cx, 3
.middle:
        nop
.behind:
        dec     cx
        jnz     .middle
        ret

; Exception handlers
%macro frame 0                          ; XBP = the frame, DS our own
        push    ds
        push    xbp
        push    xax
        push    xbx
        mov     xbp, xsp
        mov     ds, [cs:data_selector]
%endmacro
%macro leave_frame 0
        pop     xbx
        pop     xax
        pop     xbp
        pop     ds
        retfx
%endmacro
%if WIDTH == 32
SAVED   equ     14                      ; PUSH DS in 16-bit code is a word
%else
SAVED   equ     8
%endif
stop:   frame
        inc     byte [stops]
        mov     ax, [ss:xbp + SAVED + frame_ip]
        mov     [stopped_at], ax
        dec     word [ss:xbp + SAVED + frame_ip]
        or      word [ss:xbp + SAVED + frame_flags], TF
        mov     al, [kept]
        mov     [victim.middle], al
        leave_frame
step:   frame
        call    note_step
        mov     byte [victim.middle], 0CCh
        and     word [ss:xbp + SAVED + frame_flags], ~TF
        leave_frame
trace:  frame
        call    note_step
        cmp     word [ss:xbp + SAVED + frame_ip], traced
        jne     .go_on
        and     word [ss:xbp + SAVED + frame_flags], ~TF
.go_on: leave_frame
watch:  frame
        inc     byte [stops]
        mov     ax, [ss:xbp + SAVED + frame_ip]
        mov     [stopped_at], ax
        leave_frame
note_step:
        movzx   bx, byte [steps]
        inc     byte [steps]
        mov     ax, [ss:xbp + SAVED + frame_ip]
        add     bx, bx
        mov     [bx + step_places], ax
        ret

; Interrupt handlers in real mode, for the child
real_stop:
        push    bp
        mov     bp, sp
        push    ds
        push    ax
        push    di
        push    es
        push    cs
        pop     ds
        inc     byte [stops]
        dec     word [bp + 2]
        mov     ax, [bp + 2]
        mov     [stopped_at], ax
        or      word [bp + 6], TF
        les     di, [bp + 2]
        mov     al, [kept]
        mov     [es:di], al
        pop     es
        pop     di
        pop     ax
        pop     ds
        pop     bp
        iret
real_step:
        push    bp
        mov     bp, sp
        push    ds
        push    ax
        push    bx
        push    cs
        pop     ds
        movzx   bx, byte [steps]
        inc     byte [steps]
        mov     ax, [bp + 2]
        add     bx, bx
        mov     [bx + step_places], ax
        cmp     byte [steps], STEPS
        jb      .go_on
        and     word [bp + 6], ~TF
.go_on: pop     bx
        pop     ax
        pop     ds
        pop     bp
        iret

child:  cmp     al, 'c'
        jne     .wrong
        mov     ax, 4C44h
        int     21h
.wrong: mov     ax, 4C99h
        int     21h

        section .data
        align   2
load_block      dw 0
                dw child_tail, 0, 5Ch, 0, 6Ch, 0
                times 8 db 0
stops   db      0
steps   db      0
        section .bss
        alignb  4
old_1   resd    1
old_3   resd    1
parent  resw    1
loaded  resw    1
stopped_at resw 1
handle  resw    1
step_places resw 32
kept    resb    1
