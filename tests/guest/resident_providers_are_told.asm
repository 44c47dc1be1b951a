; Three providers, for both widths, 16-bit and 32-bit clients only: they are told of clients in the order of their
; installation and of their ends in reverse, however clients end; who wants to go goes when nobody uses it any more.
; A provider that fails is a failure of the client it was called for: the others are told of its end, too.
; Rule: DPMI 1.0, INT 31h AX=0C00h, 0C01h; reference section 8.
; leaves: provider 4, provider 5
%include "guest.inc"
%include "child.inc"
%include "provider.inc"

%macro told 3                           ; letter of the program to run, its answer, who is told what
        mov     word [log_end], log
        run_child %1
        cmp     ax, %2
        check   e, {"the code of the child: ", %3}
        call    check_log
        db      %3, 0
        check   e, {"told in this order: ", %3}
        cmp     word [odd], 0
        check   e, "registers, stack and handles of the calls"
%endmacro

        call    largest_block
        mov     [dos_before], bx
        xor     ax, ax
        mov     es, ax
        mov     word [es:67h * 4], log  ; where providers find this program
        mov     [es:67h * 4 + 2], cs
        push    ds
        pop     es
        told    'p', 0321h, ""
        told    'c', 0021h, "p0p1"
%if WIDTH == 16
        told    'q', 0321h, "p0p1"
        told    'r', 0321h, "p0q0q1p1"
%else
        told    'q', 0321h, "p0p1"
        told    'r', 0321h, "p0p1"
%endif
        told    'c', 0021h, "p0q0q1p1"
        told    'd', 0021h, "p0r0r1p1"
        told    'f', 00FFh, "p0q0q1p1"
        told    'g', 0021h, "p0q0q1p1"
        told    'n', 0021h, "p0q0p0r0r1p1q1p1"
        mov     byte [wants_to_go], 'p'
        told    'n', 0021h, "p0q0p0r0r1p1q1p1"
        told    'c', 0021h, "q0q1"
        told    'd', 0021h, "r0r1"
        mov     byte [wants_to_go], 'q'
        told    'c', 0021h, "q0q1"
        mov     byte [wants_to_go], 'r'
        told    'd', 0021h, "r0r1"
        told    'c', 0020h, ""
        told    'd', 0020h, ""
        call    largest_block
        cmp     bx, [dos_before]
        check   e, "DOS memory is back"

        told    'p', 0321h, ""          ; a provider whose procedure fails costs its clients their lives
        told    'y', 0321h, "p0p1"
        told    'c', 00FFh, "p0p1"
        told    'd', 00FFh, "p0p1"
        told    'z', 00FFh, "p0p1"
        pass

check_log:                              ; the text behind the call -> ZF; goes on behind it
        pop     si
        mov     di, log
        cld
.next:  cs lodsb
        test    al, al
        jz      .end
        scasb
        je      .next
.skip:  cs lodsb                        ; ZF=0 for the caller
        test    al, al
        jnz     .skip
        push    si
        inc     al
        ret
.end:   push    si
        cmp     di, [log_end]
        ret

child:  cmp     al, 'c'
        je      near client16
        cmp     al, 'd'
        je      near client32
        cmp     al, 'n'
        je      near nesting
        cmp     al, 'f'
        je      near failing
        cmp     al, 'g'
        je      near real_end

; The providers, resident in DOS memory.
        mov     [id], al
        call    enter_protected_mode
        mov     bl, 67h
        dpmi    0200h
        mov     [main_segment], cx
        fill_structure structure, procedure16, procedure32
        cmp     byte [id], 'q'
        jne     .wide
        mov     dword [structure + provider.code32], 0
        mov     dword [structure + provider.code32 + 4], 0
.wide:  cmp     byte [id], 'r'
        jne     .narrow
        mov     dword [structure + provider.code16], 0
        mov     dword [structure + provider.code16 + 4], 0
.narrow:
        dpmi    0C00h
        check   nc, "INT 31h AX=0C00h"
        mov     dx, stack_top + 15
        shr     dx, 4
        mov     bl, 21h
        dpmi    0C01h
        check   ne, "not reached"

procedure16:
        mov     edx, handler16
        call    procedure
        retf
procedure32:
        mov     edx, handler32
        call    procedure
        o32 retf
procedure:                              ; AX = 0 or 1, BX = handle, DS = ours; EDX = the handler -> CF
        cmp     byte [id], 'y'
        jne     .works
        ud2
.works:
        xor     bp, bp
        mov     cx, es
        mov     si, fs
        or      cx, si
        mov     si, gs
        or      cx, si
        jz      .nulls
        or      bp, 1
.nulls: cmp     sp, 0FF0h               ; the top of the locked stack
        jae     .locked
        or      bp, 2
.locked:
        mov     [reason], al
        mov     si, [handle_count]
        test    ax, ax
        jnz     .ends
        mov     [handles + si], bx
        add     word [handle_count], 2
        jmp     .log
.ends:  sub     si, 2
        mov     [handle_count], si
        cmp     [handles + si], bx
        je      .log
        or      bp, 4
.log:   mov     bx, [main_segment]
        dpmi    0002h
        mov     es, ax
        mov     di, [es:log_end]
        mov     ah, [reason]
        add     ah, '0'
        mov     al, [id]
        mov     [es:di], ax
        add     word [es:log_end], 2
        or      [es:odd], bp
        cmp     ah, '0'
        jne     .answer
        mov     cx, cs
        mov     bl, 66h
        dpmi    0205h
        stc                             ; nobody asks on load
        ret
.answer:
        mov     al, [id]
        cmp     [es:wants_to_go], al
        clc
        jne     .end
        stc
.end:   ret
handler16:
        mov     ax, 121h
        iret
handler32:
        mov     ax, 121h
        iretd

; The clients.
client16:
        enter_as 16
        jmp     use
client32:
        enter_as 32
use:    mov     ax, 20h
        int     66h                     ; 21h where a provider has hooked it
        mov     ah, 4Ch
        int     21h
failing:
        enter_as 16
        ud2
real_end:
        enter_as 16
        mov     word [regs + rm.eax], 4C21h
        mov     di, regs
        mov     bx, 21h
        xor     cx, cx
        dpmi    0300h
        check   ne, "not reached"
nesting:
        call    child_find_path
        enter_as 16
        mov     byte [child_tail + 2], 'd'
        real_call start_child
        cmp     word [regs + rm.eax], 0021h
        check   e, "the child of the client"
        jmp     use
start_child:
        call    child_exec
        retf

        section .bss
dos_before resw 1
log_end resw    1
odd     resw    1
log     resb    64
wants_to_go resb 1
id      resb    1
reason  resb    1
        alignb  2
main_segment resw 1
handle_count resw 1
handles resw    8
structure resb  provider_size
