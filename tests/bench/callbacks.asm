; Many real-mode callbacks in a row, for the benchmark: nasm -f bin callbacks.asm -o callbacks.com
; A long run of the same, 60 000 instructions between two callbacks, a thousand million in all:
; nasm -DROUNDS=16600 -DWORK=20000 -f bin callbacks.asm -o long.com
; A 32-bit client registers a callback (INT 31h AX=0303h) and calls real-mode code (AX=0301h) that far-calls it in a loop.
%ifndef ROUNDS
%define ROUNDS 4000
%endif
%define SCRATCH 1400h                    ; in another page than the code
bits 16
cpu 386
org 100h
        mov     sp, 2000h
        mov     bx, 200h                ; keep 8 KiB, the rest is for the host
        mov     ah, 4Ah
        int     21h
        mov     ax, 1687h               ; find the host
        int     2Fh
        test    ax, ax
        jnz     failed
        mov     [switch], di
        mov     [switch + 2], es
        mov     [segment_of_code], cs
        mov     bx, si
        mov     ah, 48h                 ; its private memory
        int     21h
        jc      failed
        mov     es, ax
        mov     ax, 1                   ; a 32-bit client
        call    far [switch]
        jc      failed
        push    ds
        pop     es
        push    ds
        push    cs
        pop     ds
        mov     esi, handler
        mov     edi, structure
        mov     ax, 303h                ; DS:ESI handler, ES:EDI structure
        int     31h
        pop     ds
        jc      failed
        mov     [callback], dx
        mov     [callback + 2], cx
        mov     ax, [segment_of_code]
        mov     [registers + 2Ch], ax        ; CS
        mov     [registers + 24h], ax        ; DS
        mov     word [registers + 2Ah], real_part
%ifdef WORK
        mov     word [registers + 20h], 200h    ; FLAGS: interrupts on
%endif
        mov     edi, registers
        xor     cx, cx
        xor     bx, bx
        mov     ax, 301h
        int     31h
        jc      failed
        mov     ax, 4C00h
        int     21h
failed: mov     ax, 4C01h
        int     21h

real_part:
        mov     cx, ROUNDS
.again: push    cx
        call    far [callback]
%ifdef WORK
        mov     ecx, WORK
.work:  mov     [SCRATCH], ecx
        dec     ecx
        jnz     .work
%endif
        pop     cx
        loop    .again
        retf

handler:
        mov     eax, [esi]              ; take the far return address off the real-mode stack
        mov     [es:edi + 2Ah], eax
        add     word [es:edi + 2Eh], 4
        iretd

align 4
switch          dd 0
callback        dd 0
segment_of_code dw 0
structure       times 32h db 0
registers       times 32h db 0
