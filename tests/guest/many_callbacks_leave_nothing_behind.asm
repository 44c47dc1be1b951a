; After a thousand callbacks, or an argument's hundreds, the stacks, the descriptors and the flags are as before.
; Rule: DPMI 0.9, section on stacks: what is taken at entry is given back at the return.
; options: --max-instructions 20000000
%define ROUNDS 10
%include "guest.inc"
%include "rounds.inc"
        mov     eax, [rounds_left]
        imul    eax, eax, 100
        mov     [expected], eax
        call    enter_protected_mode
        call    next_selector
        mov     [selector], ax
        callback_alloc handler, structure, callback
        mov     [application_sp], xsp
.round: round_begins
        mov     word [left], 50
.again: real_call procedure             ; two callbacks each
        dec     word [left]
        jnz     .again
        next_round .round
        mov     eax, [count]
        cmp     eax, [expected]
        check   e, "a hundred entries in each round"
        cmp     byte [moved], 0
        check   e, "each at the same place of the locked and of the real-mode stack"
        cmp     xsp, [application_sp]
        check   e, "(E)SP"
        mov     ax, ss
        cmp     ax, [stack_selector]
        check   e, "SS"
        dpmi    0902h
        cmp     al, 1
        check   e, "interrupts on"
        callback_free callback
        check   nc, "0304h"
        call    next_selector
        cmp     ax, [selector]
        check   e, "no descriptor was kept"
        pass
next_selector:                          ; -> AX: the selector that would be allocated next
        call    new_selector
        dpmi    0001h
        mov     ax, bx
        ret
procedure:
        call    far [callback]
        call    far [callback]
        retf
handler:
        cld
        mov     fs, [cs:data_selector]
        inc     dword [fs:count]
        xor     eax, eax
        mov     xax, xsp
        xor     ecx, ecx
        mov     xcx, xsi
        cmp     dword [fs:count], 1
        jne     .compare
        mov     [fs:first_sp], eax
        mov     [fs:first_si], ecx
.compare:
        cmp     eax, [fs:first_sp]
        jne     .moved
        cmp     ecx, [fs:first_si]
        je      .same
.moved: inc     byte [fs:moved]
.same:  callback_return
        section .bss
callback resd   1
application_sp resd 1
first_sp resd   1
first_si resd   1
expected resd   1
count   resd    1
selector resw   1
left    resw    1
moved   resb    1
        alignb  4
structure resb  rm_size
