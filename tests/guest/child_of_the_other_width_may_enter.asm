; A 16-bit client runs a 32-bit one and the other way round.
; Rule: DPMI 1.0: clients of both widths in one virtual machine.
%include "guest.inc"
%include "child.inc"
        call    enter_protected_mode
        mov     word [regs + rm.ip], start_child
        mov     byte [child_tail + 2], 'a'
        call    call_real
        cmp     word [regs + rm.eax], 0021h
        check   e, "the child of the other width ran"
        get_vector 66h, old
        set_vector 66h, vector
        mov     ax, 1
        int     66h
        cmp     ax, 101h
        check   e, "our frames have our width still"
        pass
start_child:
        call    child_exec
        retf
vector: add     ax, 100h
        iretx
child:  call    find_host
        mov     ax, WIDTH == 16
        call    far [entry_point]
        jnc     .in
        mov     ax, 4C01h
        int     21h
.in:    mov     ax, ss
        movzx   ecx, ax
        lar     eax, ecx
        and     eax, 400000h
        cmp     eax, (WIDTH == 16) * 400000h
        jne     .bad
        mov     ax, 4C21h
        int     21h
.bad:   mov     ax, 4C02h
        int     21h
        section .bss
old     resb    6
