; transfer: writing and reading a file through a buffer in DOS memory.
;
; DOS runs in real mode and reaches the first megabyte only. A program whose data lies higher up hands DOS a buffer
; below: INT 31h AX=0100h (DPMI 0.9) allocates it and returns both of its names, a real-mode segment for DOS and a
; selector for us. Every file function of a DOS extender works like this:
;   write   copy the data to the buffer (selector), call DOS with the buffer's segment
;   read    call DOS with the buffer's segment, copy the data from the buffer (selector)

%include "sample.inc"

        enter_protected_mode 32

        ; --- 1024 bytes of extended memory stand for the program's real data: DOS cannot reach them.
        xor     bx, bx
        mov     cx, 1024
        mov     ax, 0501h
        int     31h
        must    "allocate memory"
        mov     [handle], di
        mov     [handle + 2], si
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     cx, 1
        mov     ax, 0000h
        int     31h
        must    "allocate a descriptor"
        mov     [far_data], ax
        mov     bx, ax
        mov     dx, [linear]
        mov     cx, [linear + 2]
        mov     ax, 0007h
        int     31h
        must    "set the base"
        xor     cx, cx
        mov     dx, 1023
        mov     ax, 0008h
        int     31h
        must    "set the limit"

        ; --- The transfer buffer: BX paragraphs. AX = its segment, DX = its selector.
        mov     bx, 256 / 16
        mov     ax, 0100h
        int     31h
        must    "allocate DOS memory"
        mov     [buffer_segment], ax
        mov     [buffer_selector], dx

        ; --- Something to write: the letters A to Z, in extended memory.
        mov     es, [far_data]
        xor     edi, edi
        mov     al, 'A'
fill:   mov     [es:edi], al
        inc     edi
        inc     al
        cmp     al, 'Z'
        jbe     fill

        ; --- Create the file. DOS wants its name at DS:DX. The name lies in our own segment, which is DOS memory too.
        mov     ax, [real_segment]
        mov     [dos_call + rm.ds], ax
        mov     dword [dos_call + rm.edx], name
        mov     dword [dos_call + rm.ecx], 0    ; a plain file
        mov     ax, 3C00h
        call    dos
        must    "create the file"
        mov     [file], ax

        ; --- Write: first to the buffer …
        push    ds
        mov     es, [buffer_selector]
        mov     ds, [far_data]
        xor     esi, esi
        xor     edi, edi
        mov     ecx, 26
        cld
        rep     movsb
        pop     ds
        ; … then from the buffer to the file.
        mov     ax, [buffer_segment]
        mov     [dos_call + rm.ds], ax
        mov     dword [dos_call + rm.edx], 0
        mov     dword [dos_call + rm.ecx], 26
        mov     ax, [file]
        mov     [dos_call + rm.ebx], ax
        mov     ax, 4000h
        call    dos
        must    "write the file"
        movzx   eax, ax
        say     "Written: ", eax, " bytes."

        ; --- Back to the file's first byte (AX=4200h: position CX:DX from the start), wipe the buffer, read.
        mov     dword [dos_call + rm.ecx], 0
        mov     dword [dos_call + rm.edx], 0
        mov     ax, 4200h
        call    dos
        must    "move to the start of the file"
        mov     es, [buffer_selector]
        xor     edi, edi
        mov     ecx, 256
        xor     al, al
        rep     stosb
        mov     dword [dos_call + rm.ecx], 256  ; more than there is
        mov     dword [dos_call + rm.edx], 0
        mov     ax, 3F00h
        call    dos
        must    "read the file"
        movzx   eax, ax
        mov     [count], eax
        say     "Read: ", eax, " bytes."

        ; --- From the buffer to our data, behind what is there.
        mov     ecx, [count]
        push    ds
        mov     es, [far_data]
        mov     ds, [buffer_selector]
        xor     esi, esi
        mov     edi, 512
        rep     movsb
        pop     ds

        ; --- Is it the same?
        push    ds
        mov     ds, [far_data]
        xor     esi, esi
        mov     edi, 512
        mov     ecx, 26
        repe    cmpsb
        pop     ds
        jne     differs
        say     "The data came back as it was."
differs:
        ; --- Close and delete the file, give everything back.
        mov     ax, 3E00h
        call    dos
        must    "close the file"
        mov     ax, [real_segment]
        mov     [dos_call + rm.ds], ax
        mov     dword [dos_call + rm.edx], name
        mov     ax, 4100h
        call    dos
        must    "delete the file"
        push    ds
        pop     es
        mov     dx, [buffer_selector]
        mov     ax, 0101h
        int     31h
        must    "free the DOS memory"
        mov     bx, [far_data]
        mov     ax, 0001h
        int     31h
        must    "free the descriptor"
        mov     di, [handle]
        mov     si, [handle + 2]
        mov     ax, 0502h
        int     31h
        must    "free the memory"
        finish

; INT 21h in real mode with AX and the registers in dos_call. AX and carry as DOS returns them.
dos:    push    es
        push    ds
        pop     es
        mov     [dos_call + rm.eax], ax
        mov     word [dos_call + rm.flags], 202h
        mov     dword [dos_call + rm.sp], 0
        mov     edi, dos_call
        mov     ebx, 21h
        xor     ecx, ecx
        mov     ax, 0300h
        int     31h
        pop     es
        jc      no_call                 ; the host could not even call DOS
        mov     ax, [dos_call + rm.eax]
        bt      word [dos_call + rm.flags], 0   ; DOS's own carry flag, into ours
no_call:
        ret

        section .data
name            db "TRANSFER.TMP", 0
        align   4
handle          dd 0
linear          dd 0
count           dd 0
far_data        dw 0
buffer_segment  dw 0
buffer_selector dw 0
file            dw 0
        section .bss
        alignb  4
dos_call        resb rm_size
