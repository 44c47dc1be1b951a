; 0D02h and 0D03h: exclusive and shared, counted; what another client holds is refused, waited for or a deadlock; a
; timer handler cancels a request that waits.
; Rule: DPMI 1.0, INT 31h AX=0D02h, 0D03h.
%include "guest.inc"
%include "child.inc"
NO_WAIT equ     1
SHARED  equ     2
RELEASE_SHARED equ 1
CANCEL  equ     2
%macro serialize 1
        mov     si, [handle + 2]
        mov     di, [handle]
        mov     dx, %1
        dpmi    0D02h
%endmacro
%macro release 1
        mov     si, [handle + 2]
        mov     di, [handle]
        mov     dx, %1
        dpmi    0D03h
%endmacro
%macro child_check 1                    ; its letter
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], %1
        call    call_real
        cmp     word [regs + rm.eax], 0021h
        check   e, %1
%endmacro
        call    enter_protected_mode
        call    open
        check   nc, "0D00h"
        release 0
        check_error 8002h, "nothing held exclusively"
        release RELEASE_SHARED
        check_error 8002h, "nothing held shared"
        release CANCEL
        check_error 8002h, "no request to cancel"
        serialize 0
        check   nc, "exclusive"
        serialize NO_WAIT
        check   nc, "again"
        serialize SHARED
        check   nc, "shared as well"
        release RELEASE_SHARED
        check   nc, "not shared any more"
        release 0
        check   nc, "once less"
        child_check 'a'                 ; held exclusively
        release 0
        check   nc, "not at all"
        serialize SHARED
        check   nc, "shared"
        child_check 'b'                 ; held shared
        release RELEASE_SHARED
        check   nc, "free"
        child_check 'c'                 ; ends with the block held
        serialize NO_WAIT
        check   nc, "what an ended client held is free"
        mov     word [handle], 1
        serialize NO_WAIT
        check_error 8023h, "0D02h: a handle nobody has"
        release 0
        check_error 8023h, "0D03h: a handle nobody has"
        pass
open:   mov     dword [request + 10h], name
        mov     ax, [data_selector]
        mov     [request + 14h], ax
        mov     xdi, request
        dpmi    0D00h
        mov     eax, [request + 8]
        mov     [handle], eax
        ret
start_child:
        call    child_exec
        retf
child:  mov     [letter], al
        call    enter_protected_mode
        call    open
        check   nc, "child: 0D00h"
        cmp     byte [letter], 'b'
        je      .shared
        ja      .hold
        serialize NO_WAIT
        check_error 8018h, "child: exclusive, held exclusively"
        serialize NO_WAIT + SHARED
        check_error 8018h, "child: shared, held exclusively"
        serialize 0
        check_error 8004h, "child: nobody could release it"
        mov     word [wanted], 0
        call    wait_and_cancel
        check_error 8005h, "child: the timer's handler has cancelled an exclusive request"
        mov     word [wanted], SHARED
        call    wait_and_cancel
        check_error 8005h, "child: and a shared one"
        cli
        serialize 0
        check_error 8004h, "child: with interrupts off, nobody"
        jmp     .end
.shared:
        serialize NO_WAIT
        check_error 8019h, "child: exclusive, held shared"
        serialize SHARED
        check   nc, "child: shared, held shared"
        serialize NO_WAIT
        check_error 8019h, "child: exclusive, held shared by both"
        jmp     .end
.hold:  serialize 0
        check   nc, "child: exclusive"
        serialize SHARED
        check   nc, "child: shared"
.end:   sti
        mov     ax, 4C21h
        int     21h
wait_and_cancel:
        mov     word [ticks], 0
        get_vector 8, old
        set_vector 8, timer
        mov     si, [handle + 2]
        mov     di, [handle]
        mov     dx, [wanted]
        dpmi    0D02h
        pushf
        push    ax
        restore_vector 8, old
        pop     ax
        popf
        ret
timer:  push    ds
        pushad
        mov     ds, [cs:data_selector]
        inc     word [ticks]
        cmp     word [ticks], 3
        jne     .on
        mov     ax, [wanted]
        shr     ax, 1                   ; 0D02h and 0D03h have the bit at different places
        or      ax, CANCEL
        release ax
.on:    popad
        pop     ds
        far_jump [cs:old]
        section .data
name    db      "serialized", 0
        section .bss
        alignb  4
request resb    1Ch
handle  resd    1
old     resb    6
wanted  resw    1
ticks   resw    1
letter  resb    1
