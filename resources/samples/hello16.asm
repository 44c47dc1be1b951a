; hello16: the smallest complete DPMI program, a 16-bit client. Nothing is hidden in an include file.
;
; It starts in real mode like every DOS program, finds the DPMI host, switches to protected mode and prints a line
; from there. Watch: the mode changes at the far call; every segment register then holds a selector; printing goes
; back to real mode for the length of one DOS call, on the host's real-mode stack.

        cpu     386
        bits    16
        org     100h

start:
        ; --- Real mode. DOS gives a .COM program all free memory. Put the stack at the program's end and give the
        ;     rest back: the host, and our own call below, need some.
        mov     sp, stack_top
        mov     bx, stack_top + 15
        shr     bx, 4                   ; bytes to 16-byte paragraphs, rounded up
        mov     ah, 4Ah                 ; DOS: resize the memory block at ES (the PSP: our whole program)
        int     21h

        ; --- Is there a DPMI host? INT 2Fh AX=1687h (DPMI 0.9) answers AX=0 and tells how to get in.
        mov     ax, 1687h
        int     2Fh
        test    ax, ax
        jnz     no_host
        mov     [entry_point], di       ; ES:DI is the address to call
        mov     [entry_point + 2], es
        mov     [real_segment], cs      ; still needed when CS holds something else

        ; --- The host wants SI paragraphs of DOS memory for its own use; its real-mode stack will lie in them.
        mov     bx, si
        test    bx, bx
        jz      enter
        mov     ah, 48h                 ; DOS: allocate memory
        int     21h
        jc      no_host
        mov     es, ax                  ; the host takes its block in ES

        ; --- The switch. AX bit 0 = 0: a 16-bit client.
enter:
        xor     ax, ax
        call    far [entry_point]
        jc      no_host                 ; carry: still in real mode, no entry

        ; --- Protected mode. CS, DS and SS are selectors now; each describes the segment it held before, so offsets
        ;     mean the same as they did. ES is a selector for the PSP, 256 bytes long.
        push    ds
        pop     es

        ; --- Print. DOS runs in real mode and knows no selectors, so let the host call it there:
        ;     INT 31h AX=0300h (DPMI 0.9) loads real-mode registers from the structure at ES:DI and executes INT BL.
        mov     word [call_eax], 0900h  ; AH=09h: print the text at DS:DX up to the dollar sign
        mov     word [call_edx], text
        mov     ax, [real_segment]
        mov     [call_ds], ax           ; a real-mode segment: a selector would mean nothing to DOS
        mov     di, call_structure
        mov     bx, 0021h               ; BL = interrupt number, BH = 0
        xor     cx, cx                  ; copy no words from our stack
        mov     ax, 0300h
        int     31h
        jc      failed

        ; --- INT 21h AH=4Ch in protected mode ends the client, and the program with it.
        mov     ax, 4C00h
        int     21h

failed:
        mov     ax, 4C01h
        int     21h

no_host:                                ; real mode
        mov     dx, no_host_text
        mov     ah, 9
        int     21h
        mov     ax, 4C01h
        int     21h

text            db "Hello from 16-bit protected mode.", 13, 10, "$"
no_host_text    db "This program needs a DPMI host.", 13, 10, "$"

        align   4
entry_point     dd 0
real_segment    dw 0
        align   4
call_structure:                         ; the real mode call structure, 50 bytes
                dd 0                    ; EDI
                dd 0                    ; ESI
                dd 0                    ; EBP
                dd 0                    ; reserved
                dd 0                    ; EBX
call_edx        dd 0                    ; EDX
                dd 0                    ; ECX
call_eax        dd 0                    ; EAX
                dw 202h                 ; FLAGS
                dw 0                    ; ES
call_ds         dw 0                    ; DS
                dw 0                    ; FS
                dw 0                    ; GS
                dw 0                    ; IP, not used by AX=0300h
                dw 0                    ; CS, not used by AX=0300h
                dw 0                    ; SP and SS both 0: the host shall take
                dw 0                    ; its own real-mode stack

        section .bss
        alignb  16
        resb    1024
stack_top:
