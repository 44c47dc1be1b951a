; 0508h and 0509h: pages of a block show a device or DOS memory; what is not the client's is refused.
; Rule: DPMI 1.0, INT 31h AX=0508h, 0509h; 0401h bits 2, 3.
%include "guest.inc"
%macro map 4                            ; function, offset, pages, source
        mov     esi, [handle]
        mov     ebx, %2
        mov     ecx, %3
        mov     edx, %4
        dpmi    %1
%endmacro
        call    enter_protected_mode
        mov     xdi, vendor
        dpmi    0401h
        and     ax, 0Ch
        cmp     ax, 0Ch
        check   e, "the host says that it can"
        xor     ebx, ebx
        mov     ecx, 4000h
        mov     edx, 1
        dpmi    0504h
        check   nc, "0504h"
        mov     [handle], esi
        mov     [linear], ebx
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 3FFFh
        call    set_limit
        mov     [selector], bx
        ; video memory
        map     0508h, 0, 1, 0B8000h
        check   nc, "0508h: video memory"
        mov     bx, 0B800h
        dpmi    0002h
        mov     fs, ax
        mov     gs, [selector]
        mov     word [fs:0F00h], 4141h
        cmp     word [gs:0F00h], 4141h
        check   e, "the page shows what is there"
        mov     word [gs:0F00h], 4242h
        cmp     word [fs:0F00h], 4242h
        check   e, "and can be written through"
        mov     esi, [handle]
        xor     ebx, ebx
        mov     ecx, 2
        mov     edx, words
        dpmi    0506h
        mov     eax, [words]
        and     eax, 000F000Fh
        cmp     eax, 0009000Ah
        check   e, "the page is mapped, the next one committed"
        ; where there is nothing
        map     0508h, 1000h, 1, 0E0000000h
        check   nc, "0508h: addresses without memory"
        mov     eax, [gs:1800h]
        cmp     eax, 0FFFFFFFFh
        check   e, "nothing there answers"
        mov     dword [gs:1800h], 0
        cmp     dword [gs:1800h], 0FFFFFFFFh
        check   e, "and nothing is kept"
        fld1
        fstp    qword [gs:1800h]
        fld     qword [gs:1800h]
        fstp    qword [number]
        cmp     word [number + 6], 0FFFFh
        check   e, "nor by the coprocessor"
        ; DOS memory
        mov     bx, 200h
        dpmi    0100h
        check   nc, "DOS memory"
        mov     [block], dx
        mov     bx, dx
        call    get_base
        add     eax, 0FFFh
        and     eax, 0FFFFF000h
        mov     [page], eax
        map     0509h, 2000h, 1, [page]
        check   nc, "0509h: DOS memory of ours"
        mov     bx, [block]
        call    get_base
        mov     esi, [page]
        sub     esi, eax
        mov     es, [block]
        mov     dword [gs:2000h], 87654321h
        cmp     dword [es:esi], 87654321h
        check   e, "it shows the same memory"
        push    ds
        pop     es
        map     0509h, 2000h, 1, 0
        check_error 8003h, "0509h: the interrupt table"
        map     0509h, 2000h, 3, [page]
        check_error 8025h, "0509h: more pages than the block has"
        map     0509h, 2000h, 1, 100000h
        check_error 8025h, "0509h: not in the first megabyte"
        mov     eax, [page]
        inc     eax
        map     0509h, 2000h, 1, eax
        check_error 8025h, "0509h: not page-aligned"
        map     0509h, 2000h, 1, 0A0000h
        check   nc, "0509h: video memory"
        ; what is refused
        map     0508h, 2000h, 1, 400000h
        check_error 8003h, "0508h: the machine's memory"
        map     0508h, 2000h, 1, 9F000h
        check_error 8003h, "0508h: DOS memory"
        mov     eax, [linear]
        map     0508h, 2000h, 1, eax
        check_error 8003h, "0508h: memory of the block itself"
        map     0508h, 2001h, 1, 0B8000h
        check_error 8025h, "0508h: an offset that is not page-aligned"
        map     0508h, 3000h, 2, 0B8000h
        check_error 8025h, "0508h: beyond the end of the block"
        map     0508h, 0, 1, 0B8800h
        check_error 8025h, "0508h: a device address that is not page-aligned"
        ; a mapped page can become memory again
        mov     word [words], 9
        mov     esi, [handle]
        xor     ebx, ebx
        mov     ecx, 1
        mov     edx, words
        dpmi    0507h
        check   nc, "0507h"
        cmp     word [gs:0F00h], 0
        check   e, "memory of its own, zero"
        cmp     word [fs:0F00h], 4242h
        check   e, "what was shown stays"
        xor     ax, ax
        mov     gs, ax
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    0502h
        check   nc, "0502h"
        map     0508h, 0, 1, 0B8000h
        check_error 8023h, "0508h: the handle is dead"
        map     0509h, 0, 1, 0B8000h
        check_error 8023h, "0509h: the handle is dead"
        pass
        section .bss
handle  resd    1
linear  resd    1
page    resd    1
block   resw    1
selector resw   1
words   resw    4
number  resq    1
vendor  resb    128
