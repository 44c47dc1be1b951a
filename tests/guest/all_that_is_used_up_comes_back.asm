; Descriptors, callbacks, DOS memory, extended memory, its driver's blocks and file handles are taken until there are
; no more; each fails with its own error, and after all was given back there is as much of it as before.
; Rule: DPMI 0.9, INT 31h AX=0000h, 0100h, 0303h, 0501h; error codes of 1.0. XMS 3.0; INT 21h AH=45h.
%define ROUNDS 2
%include "guest.inc"
%include "rounds.inc"
        mov     ax, 4310h
        int     2Fh
        mov     [driver], bx
        mov     [driver + 2], es
        call    enter_protected_mode
.fill:  mov     cx, 256                 ; most of the table is used up only once, that is enough
        dpmi    0000h
        mov     dx, 256
        jc      .full
        mov     [last], ax
        jmp     .fill
.full:  mov     bx, [last]
.empty: dpmi    0001h
        check   nc, "a descriptor is freed"
        add     bx, 8
        dec     dx
        jnz     .empty

.round: round_begins
        mov     edi, taken
        xor     ebp, ebp                ; how many of everything
; --- descriptors
.descriptor:
        mov     cx, 1
        dpmi    0000h
        jc      .no_descriptor
        mov     [edi], ax
        add     edi, 2
        inc     ebp
        jmp     .descriptor
.no_descriptor:
        cmp     ax, 8011h
        check   e, "0000h: 8011h when the table is full"
        cmp     ebp, 256
        check   ae, "what was freed can be had again"
        mov     bx, 10h
        dpmi    0100h
        check   c, "0100h without a descriptor"
        cmp     ax, 8011h
        check   e, "is 8011h"
.free_descriptor:
        sub     edi, 2
        mov     bx, [edi]
        dpmi    0001h
        check   nc, "0001h"
        cmp     edi, taken
        ja      .free_descriptor
; --- callbacks
.callback:
        push    edi
        callback_alloc nothing, structure, callback
        pop     edi
        jc      .no_callback
        mov     eax, [callback]
        mov     [edi], eax
        add     edi, 4
        inc     ebp
        jmp     .callback
.no_callback:
        cmp     ax, 8015h
        check   e, "0303h: 8015h when there are none left"
.free_callback:
        sub     edi, 4
        mov     dx, [edi]
        mov     cx, [edi + 2]
        dpmi    0304h
        check   nc, "0304h"
        cmp     edi, taken
        ja      .free_callback
; --- DOS memory
.dos:   mov     bx, 0FFFFh
        dpmi    0100h
        cmp     ax, 8
        check   e, "0100h: 0008h when there is not so much"
        test    bx, bx
        jz      .no_dos
        add     bp, bx
        dpmi    0100h
        check   nc, "0100h: the largest block can be had"
        mov     [edi], dx
        add     edi, 2
        jmp     .dos
.no_dos:
        sub     edi, 2
        mov     dx, [edi]
        dpmi    0101h
        check   nc, "0101h"
        cmp     edi, taken
        ja      .no_dos
; --- extended memory
        mov     edx, 8000000h           ; halves of it, down to a page
.block: mov     ebx, edx
        mov     ecx, edx
        shr     ebx, 16
        push    edi
        dpmi    0501h
        mov     eax, edi
        pop     edi
        jc      .smaller
        mov     [edi], ax
        mov     [edi + 2], si
        add     edi, 4
        add     ebp, edx
        jmp     .block
.smaller:
        shr     edx, 1
        cmp     edx, 1000h
        jae     .block
        xor     bx, bx
        mov     cx, 1000h
        push    edi
        dpmi    0501h
        pop     edi
        check_error 8013h, "0501h: 8013h when memory is used up"
.free_block:
        sub     edi, 4
        push    edi
        mov     si, [edi + 2]
        mov     di, [edi]
        dpmi    0502h
        pop     edi
        check   nc, "0502h"
        cmp     edi, taken
        ja      .free_block
; --- blocks of the extended memory driver
        real_call xms_blocks
        cmp     byte [xms_error], 0A1h
        check   e, "XMS 09h: A1h when there are no handles left"
        movzx   eax, word [xms_count]
        add     ebp, eax
; --- file handles
.handle:
        mov     bx, 1
        mov     ah, 45h
        int     21h
        jc      .no_handle
        mov     [edi], ax
        add     edi, 2
        inc     ebp
        jmp     .handle
.no_handle:
        cmp     ax, 4
        check   e, "AH=45h: 4 when there are no handles left"
.close: sub     edi, 2
        mov     bx, [edi]
        mov     ah, 3Eh
        int     21h
        check   nc, "AH=3Eh"
        cmp     edi, taken
        ja      .close

        cmp     dword [before], 0
        jne     .compare
        mov     [before], ebp
.compare:
        cmp     ebp, [before]
        check   e, "as much of everything as in the first round"
        next_round .round
        pass

xms_blocks:                             ; in real mode: as many blocks of 1 KiB as there are handles, and free them
        mov     di, taken
.more:  mov     ah, 9
        mov     dx, 1
        call    far [driver]
        cmp     ax, 1
        jne     .none
        mov     [di], dx
        add     di, 2
        jmp     .more
.none:  mov     [xms_error], bl
        mov     word [xms_count], 0
.free:  sub     di, 2
        mov     dx, [di]
        mov     ah, 0Ah
        call    far [driver]
        add     [xms_count], ax
        cmp     di, taken
        ja      .free
        retf
nothing:
        iretx
        section .bss
driver  resd    1
callback resd   1
before  resd    1
last    resw    1
xms_count resw  1
xms_error resb  1
        alignb  4
structure resb  rm_size
taken   resw    1024
