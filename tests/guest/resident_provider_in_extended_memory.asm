; A provider that keeps no DOS memory (DX=0) lives in its extended memory, which stays allocated at the same linear
; address until it is removed; its table and callbacks go with its client.
; Rule: DPMI 1.0, INT 31h AX=0C01h; reference 8.1, 8.2.
%include "guest.inc"
%include "child.inc"
%include "provider.inc"
SIZE    equ     10000h
        run_child 'c'
        cmp     ax, 0020h
        check   e, "nobody serves INT 66h"
        call    enter_protected_mode
        call    free_memory
        mov     [memory_before], eax
        mov     word [regs + rm.eax], 't'
        call    run
        cmp     word [regs + rm.eax], 0321h
        check   e, "a client without a provider stays in DOS memory"
        call    free_memory
        sub     eax, [memory_before]
        check   e, "but nobody could reach its extended memory: it is back"
        mov     word [regs + rm.eax], 'p'
        call    run
        cmp     word [regs + rm.eax], 0021h
        check   e, "the provider ends without a resident program"
        call    free_memory
        mov     edx, [memory_before]
        sub     edx, eax
        cmp     edx, SIZE
        check   e, "its block stays, the other one is free"
        mov     bl, 67h
        dpmi    0200h
        mov     [callback], dx
        mov     [callback + 2], cx
        mov     word [regs + rm.eax], 5
        real_call call_back
        cmp     word [regs + rm.eax], 5
        check   e, "its callback is gone: a far procedure that returns"
        mov     word [regs + rm.eax], 'c'
        call    run
        cmp     word [regs + rm.eax], 0021h
        check   e, "it serves a client"
        call    free_memory
        sub     eax, [memory_before]
        check   e, "it wanted to go: its memory is back"
        mov     word [regs + rm.eax], 'c'
        call    run
        cmp     word [regs + rm.eax], 0020h
        check   e, "nobody serves INT 66h any more"
        pass
run:    real_call start_child
        ret
start_child:
        mov     [child_tail + 2], al
        call    child_exec
        retf
call_back:
        call    far [callback]
        retf
free_memory:                            ; -> EAX: bytes in the largest free block
        push    ds
        pop     es
        mov     xdi, information
        dpmi    0500h
        mov     eax, [information]
        ret
child:  cmp     al, 'c'
        je      near client
        call    enter_protected_mode
        mov     bx, 1
        mov     cx, 0
        dpmi    0501h
        check   nc, "a block to stay in"
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     bx, 1
        mov     cx, 0
        dpmi    0501h
        check   nc, "a block that is given back"
        cmp     byte [82h], 't'
        je      near .stay
        dpmi    0502h
        check   nc, "before the end"
        callback_alloc call_back, structure, callback
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 67h
        dpmi    0201h
        fill_structure structure, procedure16, procedure32
        mov     eax, [linear]
        mov     si, structure
        call    .move
        mov     si, structure + provider.data32
        call    .move
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, SIZE - 1
        call    set_limit
        mov     es, bx
        xor     si, si                  ; the program copies itself
        xor     di, di
        mov     cx, bss_end
        cld
        rep     movsb
        push    ds
        pop     es
        xor     edi, edi
        mov     di, structure
        dpmi    0C00h
        check   nc, "INT 31h AX=0C00h"
        mov     bl, 21h
        xor     dx, dx
        dpmi    0C01h
        check   ne, "not reached"
.stay:  mov     bl, 21h
        mov     dx, 20h
        dpmi    0C01h
        check   ne, "not reached"
.move:  mov     [si + 2], ax            ; the base of the data descriptor at SI and of the code descriptor behind it
        mov     [si + 8 + 2], ax
        rol     eax, 16
        mov     [si + 4], al
        mov     [si + 7], ah
        mov     [si + 8 + 4], al
        mov     [si + 8 + 7], ah
        rol     eax, 16
        ret
procedure16:
        mov     edx, handler16
        call    procedure
        retf
procedure32:
        mov     edx, handler32
        call    procedure
        o32 retf
procedure:
        test    ax, ax
        stc
        jnz     .end
        inc     word [calls]            ; our data is where our code is
        mov     cx, cs
        mov     bl, 66h
        dpmi    0205h
.end:   ret
handler16:
        mov     ax, 20h
        add     ax, [cs:calls]
        iret
handler32:
        mov     ax, 20h
        add     ax, [cs:calls]
        iretd
client: call    enter_protected_mode
        mov     ax, 20h
        int     66h
        mov     ah, 4Ch
        int     21h
        section .bss
calls   resw    1
        alignb  4
memory_before resd 1
linear  resd    1
callback resd   1
information resb 30h
structure resb  provider_size
