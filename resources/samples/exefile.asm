; exefile: a 16-bit client in an .EXE file, with segments of its own for code, data and stack.
;
; DOS loads an .EXE file by its header: it puts the image somewhere, corrects ("relocates") the words that hold segment
; numbers, and starts with CS:IP and SS:SP from the header. At the switch to protected mode each segment register gets
; a descriptor for the segment it holds: CS, DS and SS are three different selectors here, with three bases.
; A fourth segment is nowhere in a register; the program makes a descriptor for it by its real-mode segment number
; (INT 31h AX=0002h, DPMI 0.9).
;
; The header is written out below, so that no linker is needed: nasm -f bin exefile.asm -o exefile.exe

        cpu     386
        bits    16

HEADER          equ 512                 ; bytes
STACK           equ 2048

; --- The MZ header: 32 paragraphs hold it and the relocation table.
        section header  start=0 align=16
header:         db "MZ"
                dw file_size & 511      ; bytes in the last 512-byte page
                dw (file_size + 511) / 512
                dw (relocations_end - relocations) / 4
                dw HEADER / 16          ; size of the header in paragraphs
                dw STACK / 16           ; memory needed behind the image: the stack
                dw STACK / 16           ; and no more than that
                dw stack_segment        ; SS, counted from the image
                dw STACK                ; SP
                dw 0                    ; no checksum
                dw start                ; IP
                dw 0                    ; CS, counted from the image
                dw relocations - header ; where the relocation table is
                dw 0                    ; the main program, no overlay
relocations:    dw data_word + 1, 0     ; offset and segment of every word that DOS has to add the load segment to
                dw extra_word + 1, 0
relocations_end:
                times HEADER - ($ - header) db 0

; --- The code segment. Offsets count from its own start.
        section code    follows=header vstart=0 align=16
code_begin:
start:                                  ; DS and ES are the PSP's segment
data_word:      mov     ax, data_segment
                mov     ds, ax

                ; Is there a host? (The .EXE asked DOS for no more memory than it needs, so some is free.)
                mov     ax, 1687h
                int     2Fh
                test    ax, ax
                jnz     no_host
                mov     [entry_point], di
                mov     [entry_point + 2], es
                mov     [real_data], ds
                mov     bx, si
                test    bx, bx
                jz      enter
                mov     ah, 48h
                int     21h
                jc      no_host
                mov     es, ax

enter:          xor     ax, ax          ; a 16-bit client
                call    far [entry_point]
                jc      no_host

                ; Three registers, three selectors.
                mov     ax, cs
                mov     bx, ds
                mov     cx, ss
                cmp     ax, bx
                je      not_different
                cmp     bx, cx
                je      not_different
                cmp     ax, cx
                je      not_different
                mov     dx, different
                call    print
not_different:
                ; A descriptor for the extra segment. The relocated number is a real-mode segment; loaded into a
                ; segment register here it would be a wrong selector. Such descriptors are never freed.
extra_word:     mov     bx, extra_segment
                mov     ax, 0002h
                int     31h
                jc      failed
                mov     es, ax
                mov     al, [es:letter]
                mov     [answer_letter], al
                mov     dx, answer
                call    print

                mov     ax, 4C00h
                int     21h
failed:         mov     ax, 4C01h
                int     21h

no_host:        mov     dx, no_host_text
                mov     ah, 9
                int     21h
                mov     ax, 4C01h
                int     21h

                ; Print the text at DS:DX up to the dollar sign: INT 21h AH=09h in real mode.
print:          push    es
                push    ds
                pop     es
                mov     word [call_eax], 0900h
                mov     [call_edx], dx
                mov     ax, [real_data]
                mov     [call_ds], ax
                mov     di, call_structure
                mov     bx, 0021h
                xor     cx, cx
                mov     ax, 0300h
                int     31h
                pop     es
                jc      failed
                ret
                align   16, db 0
code_end:

; --- The data segment.
        section data    follows=code vstart=0 align=16
data_begin:
entry_point     dd 0
real_data       dw 0
different       db "CS, DS and SS hold three different selectors.", 13, 10, "$"
answer          db "The letter in the extra segment is "
answer_letter   db "?.", 13, 10, "$"
no_host_text    db "This program needs a DPMI host.", 13, 10, "$"
                align 4, db 0
call_structure: dd 0, 0, 0, 0, 0        ; EDI, ESI, EBP, reserved, EBX
call_edx        dd 0
                dd 0                    ; ECX
call_eax        dd 0
                dw 202h, 0              ; FLAGS, ES
call_ds         dw 0
                dw 0, 0, 0, 0, 0, 0     ; FS, GS, IP, CS, SP, SS: the host's stack
                align 16, db 0
data_end:

; --- The extra segment: one paragraph.
        section extra   follows=data vstart=0 align=16
extra_begin:
letter          db "X"
                align 16, db 0
extra_end:

; --- Segment numbers, counted in paragraphs from the start of the image. The stack lies behind everything else.
data_segment    equ (code_end - code_begin) / 16
extra_segment   equ data_segment + (data_end - data_begin) / 16
stack_segment   equ extra_segment + (extra_end - extra_begin) / 16
file_size       equ HEADER + stack_segment * 16
