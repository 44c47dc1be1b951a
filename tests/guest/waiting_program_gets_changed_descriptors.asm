; A callback cuts a segment short, moves another one and frees a third, while the program that waits holds their
; selectors in segment registers: when it goes on it has the new limit and base, and a null selector.
; Rule: DPMI 1.0, INT 31h AX=0001h, 0007h, 0008h: segment registers that hold the selector take the change; a host comes
; back to a program by loading its segment registers from the tables. Run-times leave an endless loop in this way: the
; timer's handler cuts their data segment short.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        callback_alloc handler, structure, callback
        check   nc, "0303h"
        mov     eax, first
        mov     ecx, 0Fh
        call    new_segment
        mov     [shorter], bx
        call    new_segment
        mov     [moved], bx
        mov     gs, [shorter]
        mov     fs, [moved]
        no_fault "GS reaches the byte", mov al, [gs:8]
        cmp     byte [fs:0], 1
        check   e, "FS lies at the first byte"
        real_call procedure
        mov     ax, gs
        cmp     ax, [shorter]
        check   e, "GS is the same selector"
        no_fault "the first bytes are there", mov al, [gs:3]
        faults  13, 0, "the byte is no longer", mov al, [gs:8]
        cmp     byte [fs:0], 2
        check   e, "FS lies at the second byte"
        mov     byte [frees], 1
        real_call procedure
        mov     ax, fs
        test    ax, ax
        check   z, "FS is null"
        faults  13, 0, "and cannot be used", mov al, [fs:0]
        pass
procedure:
        call    far [cs:callback]
        retf
handler:
        push    ds
        mov     ds, [cs:data_selector]
        cmp     byte [frees], 0
        jne     .free
        mov     bx, [shorter]
        mov     eax, 3
        call    set_limit
        mov     bx, [moved]
        mov     eax, second
        add     eax, [program_base]
        call    set_base
        jmp     short .done
.free:  mov     bx, [moved]
        dpmi    0001h
.done:  pop     ds
        callback_return
        section .data
first   db      1
second  db      2
        section .bss
callback resd   1
shorter resw    1
moved   resw    1
frees   resb    1
        alignb  4
structure resb  rm_size
