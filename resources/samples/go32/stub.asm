; stub: the real-mode beginning of every program here. It finds the DPMI host, becomes a 32-bit client, loads the COFF
; image that follows it in the .EXE file into a memory block of its own, and jumps to its entry.
;
; What the image finds (the interface of go32 version 2):
;   CS              code selector; base and limit are those of the memory block
;   DS, ES          data selector over the same memory: address 0 of the image is address 0 of the block
;   FS              selector of this segment, which begins with the stub information below
;   SS:ESP          the stub's stack, in this segment; the image is to take one of its own
; This segment stays: when the image has copied the stub information it is the transfer buffer, 16 KiB that DOS can
; reach. The memory block holds the image, one page that is to guard the stack, and the stack.
;
; nasm -f bin stub.asm -o stub; the COFF image is appended by build.py.

        cpu     386
        bits    16

HEADER          equ 64                  ; bytes of the MZ header
SEGMENT_SIZE    equ 4000h               ; the transfer buffer
STACK           equ 200h                ; of that, the stub's stack
STACK_IMAGE     equ 10000h              ; the image's stack
PAGE            equ 1000h
MOST_SECTIONS   equ 16

; A section header of the COFF image.
SECTION_ADDRESS equ 0Ch                 ; its address in memory
SECTION_SIZE    equ 10h                 ; bytes
SECTION_DATA    equ 14h                 ; where it stands in the file, counted from the image's beginning
SECTION_FLAGS   equ 24h
SECTION_HEADER  equ 28h                 ; bytes of such a header
SECTION_BSS     equ 80h                 ; a flag: nothing of it is in the file

; --- The MZ header. It describes the stub alone.
        section header  start=0 align=16
header:         db "MZ"
                dw file_size & 511      ; bytes in the last 512-byte page
                dw (file_size + 511) / 512
                dw 0                    ; no relocations
                dw HEADER / 16
                dw (SEGMENT_SIZE - image_size) / 16     ; memory needed behind the stub
                dw (SEGMENT_SIZE - image_size) / 16     ; and no more than that
                dw 0                    ; SS: the same segment as CS
                dw SEGMENT_SIZE         ; SP
                dw 0                    ; no checksum
                dw start                ; IP
                dw 0                    ; CS
                dw HEADER               ; where the relocation table would be
                dw 0                    ; the main program, no overlay
                times HEADER - ($ - header) db 0

        section image   follows=header vstart=0 align=16
image_begin:
; --- The stub information, in the layout of go32 version 2.
information:    db "go32stub, v 2.00"
                dd information_end - information
minimal_stack   dd STACK_IMAGE
memory_handle   dd 0                    ; of the memory block (INT 31h AX=0501h)
initial_size    dd 0                    ; of the memory block
minimal_buffer  dw SEGMENT_SIZE         ; size of the transfer buffer
ds_selector     dw 0                    ; this segment: selector
ds_segment      dw 0                    ; and real-mode segment
psp_selector    dw 0
cs_selector     dw 0                    ; of the stub's code, no longer needed
environment     dw 0                    ; size of the environment in bytes
                times 40 db 0           ; names: of another image, for argv[0], of a host to load. None here
information_end:

; --- Real mode: DS = ES = PSP.
start:          push    cs
                pop     ds
                cld
                mov     [ds_segment], ds
                mov     ax, 1687h       ; is there a host?
                int     2Fh
                mov     dx, no_host
                test    ax, ax
                jnz     fail
                test    bl, 1           ; for 32-bit clients?
                jz      fail
                mov     [mode_switch], di
                mov     [mode_switch + 2], es
                push    si              ; paragraphs the host wants

                ; Behind the environment stands the name of this program.
                mov     ah, 51h
                int     21h             ; BX = PSP
                mov     es, bx
                mov     es, [es:2Ch]
                xor     di, di
                xor     al, al
.string:        mov     cx, -1
                repne   scasb
                scasb                   ; an empty string ends them
                jne     .next
                mov     [environment], di
                lea     dx, [di + 2]    ; behind a word: how many names follow
                push    ds
                push    es
                pop     ds
                mov     ax, 3D00h       ; open for reading
                int     21h
                pop     ds
                mov     [handle], ax
                mov     dx, no_file
                jc      fail
                jmp     short .opened
.next:          dec     di
                jmp     .string

                ; The COFF headers.
.opened:        mov     bx, ax
                mov     ax, 4200h
                xor     cx, cx
                mov     dx, file_size
                int     21h
                mov     ah, 3Fh
                mov     cx, HEADERS_SIZE
                mov     dx, coff
                int     21h
                mov     dx, no_image
                jc      fail
                cmp     word [coff], 14Ch
                jne     fail
                cmp     word [optional_header], 10Bh
                jne     fail
                cmp     word [sections_count], MOST_SECTIONS
                ja      fail
                imul    cx, [sections_count], SECTION_HEADER
                add     cx, sections - coff
                cmp     ax, cx          ; so many bytes are there
                jb      fail

                ; How much memory: up to the end of the last section, in whole pages, a guard page, the stack.
                xor     eax, eax
                mov     si, sections
                mov     cx, [sections_count]
.size:          mov     edx, [si + SECTION_ADDRESS]
                add     edx, [si + SECTION_SIZE]
                cmp     edx, eax
                jb      .smaller
                mov     eax, edx
.smaller:       add     si, SECTION_HEADER
                loop    .size
                add     eax, 2 * PAGE - 1
                and     eax, -PAGE
                add     eax, [minimal_stack]
                mov     [initial_size], eax

                ; To protected mode.
                pop     bx
                mov     ax, ds
                mov     es, ax
                test    bx, bx
                jz      .enter
                mov     ah, 48h
                int     21h
                mov     dx, no_memory
                jc      fail
                mov     es, ax
.enter:         mov     ax, 1           ; a 32-bit client
                call    far [mode_switch]
                mov     dx, no_host
                jc      fail

; --- Protected mode, in a 16-bit code segment.
                mov     [psp_selector], es
                mov     [cs_selector], cs
                mov     [ds_selector], ds
                mov     ax, ds
                mov     es, ax

                mov     cx, [initial_size]
                mov     bx, [initial_size + 2]
                mov     ax, 0501h       ; allocate a memory block
                int     31h
                jc      memory_failed
                mov     [memory_handle], di
                mov     [memory_handle + 2], si
                mov     [base], cx
                mov     [base + 2], bx

                mov     ax, cs
                call    descriptor
                mov     [code_selector], ax
                mov     ax, ds
                call    descriptor
                mov     [data_selector], ax

                ; What the file does not fill is zero.
                push    es
                mov     es, [data_selector]
                xor     edi, edi
                xor     eax, eax
                mov     ecx, [initial_size]
                sub     ecx, [minimal_stack]
                shr     ecx, 2
                a32     rep stosd
                pop     es

                mov     si, sections
.section:       call    load
                add     si, SECTION_HEADER
                dec     word [sections_count]
                jnz     .section
                mov     byte [call_eax + 1], 3Eh        ; close
                call    dos

                mov     ax, ds
                mov     fs, ax
                mov     ax, [data_selector]
                push    dword [code_selector]
                push    dword [entry]
                mov     es, ax
                mov     ds, ax
                o32     retf

memory_failed:  mov     dx, no_memory
                ; Either mode: the text DX points at, its length in front, to standard error; exit code 255.
fail:           mov     bx, dx
                movzx   cx, byte [bx]
                inc     dx
                mov     [call_edx], dx
                mov     [call_ecx], cx
                mov     word [handle], 2
                mov     ax, 1686h       ; which mode is this?
                int     2Fh
                test    ax, ax
                jz      .protected
                mov     bx, 2
                mov     ah, 40h
                int     21h
                jmp     short .end
.protected:     mov     byte [call_eax + 1], 40h
                call    dos
.end:           mov     ax, 4CFFh
                int     21h

                ; AX = a selector. Return one over the memory block with the same type, for 32-bit code or data.
descriptor:     lar     dx, ax
                xor     ax, ax          ; 0000h: allocate a descriptor
                mov     cx, 1
                int     31h
                jc      memory_failed
                mov     bx, ax
                mov     cl, dh
                mov     ch, 40h         ; the D bit
                mov     ax, 0009h       ; set access rights
                int     31h
                mov     cx, [base + 2]
                mov     dx, [base]
                mov     ax, 0007h       ; set segment base
                int     31h
                mov     ecx, [initial_size]
                dec     ecx
                mov     dx, cx
                shr     ecx, 16
                mov     ax, 0008h       ; set segment limit
                int     31h
                mov     ax, bx
                ret

                ; Load the section whose header SI points at.
load:           test    byte [si + SECTION_FLAGS], SECTION_BSS
                jnz     .done
                mov     eax, [si + SECTION_DATA]
                add     eax, file_size
                mov     [call_edx], ax
                shr     eax, 16
                mov     [call_ecx], ax
                mov     word [call_eax], 4200h          ; to the section's place in the file
                call    dos
                mov     edi, [si + SECTION_ADDRESS]
                mov     ebx, [si + SECTION_SIZE]
.piece:         mov     ecx, BUFFER
                cmp     ebx, ecx
                ja      .read
                mov     ecx, ebx
                jecxz   .done
.read:          mov     word [call_edx], buffer
                mov     [call_ecx], cx
                mov     word [call_eax], 3F00h
                call    dos
                jc      .cut_off
                cmp     [call_eax], cx
                jne     .cut_off
                sub     ebx, ecx
                push    si
                push    es
                mov     esi, buffer
                mov     es, [data_selector]
                mov     eax, ecx
                shr     ecx, 2
                a32     rep movsd
                mov     ecx, eax
                and     ecx, 3
                a32     rep movsb
                pop     es
                pop     si
                jmp     .piece
.done:          ret
.cut_off:       mov     dx, no_image
                jmp     fail

                ; INT 21h in real mode with the registers of the structure, BX = handle, DS = this segment; CF is DOS's.
dos:            push    bx
                push    cx
                push    edi
                mov     ax, [handle]
                mov     [call_ebx], ax
                mov     ax, [ds_segment]
                mov     [call_ds], ax
                mov     edi, call_structure
                mov     bx, 0021h
                xor     cx, cx
                mov     ax, 0300h
                int     31h
                pop     edi
                pop     cx
                pop     bx
                bt      word [call_flags], 0
                ret

%macro text 1
%strlen length %1
                db      length + 2, %1, 13, 10
%endmacro
no_host:        text    "This program needs a DPMI host for 32-bit programs."
no_file:        text    "This program cannot open its own file."
no_image:       text    "No complete COFF image follows the stub of this program."
no_memory:      text    "There is not enough memory for this program."

                align   4, db 0
call_structure: dd      0, 0, 0, 0      ; EDI, ESI, EBP, reserved
call_ebx:       dd      0
call_edx:       dd      0
call_ecx:       dd      0
call_eax:       dd      0
call_flags:     dw      202h
                dw      0               ; ES
call_ds:        dw      0
                dw      0, 0, 0, 0, 0, 0        ; FS, GS, IP, CS, SP, SS: the host's stack
                align   16, db 0
image_end:
image_size      equ     image_end - image_begin
file_size       equ     HEADER + image_size

; --- Behind the image, up to the end of the segment.
        absolute image_size
mode_switch:    resd    1
base:           resd    1
code_selector:  resd    1
data_selector:  resd    1
handle:         resw    1
                alignb  4
coff:           resw    1               ; the COFF file header: machine
sections_count: resw    1
                resd    3               ; time, symbol table, symbols
                resw    2               ; size of the optional header, flags
optional_header:
                resw    2               ; magic, version
                resd    3               ; sizes of code, data and bss
entry:          resd    1
                resd    2               ; where code and data begin
sections:       resb    MOST_SECTIONS * SECTION_HEADER
HEADERS_SIZE    equ     $ - coff
buffer:
BUFFER          equ     SEGMENT_SIZE - STACK - buffer
