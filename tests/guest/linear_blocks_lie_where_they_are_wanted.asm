; 0504h: a block at an address the client chooses, committed or not; 0505h resizes it and moves descriptors along.
; Rule: DPMI 1.0, INT 31h AX=0504h, 0505h, 050Ah; registers are 32-bit for clients of both widths.
%include "guest.inc"
WANTED  equ     40000000h
        call    enter_protected_mode
        mov     ebx, WANTED + 800h
        mov     ecx, 1000h
        mov     edx, 1
        dpmi    0504h
        check_error 8025h, "an address that is not page-aligned"
        mov     ebx, WANTED
        xor     ecx, ecx
        dpmi    0504h
        check_error 8021h, "no bytes"
        mov     ebx, WANTED
        mov     ecx, 40000000h
        mov     edx, 1
        dpmi    0504h
        check_error 8013h, "a gigabyte, committed"
        mov     ebx, 0C0000000h
        mov     ecx, 1000h
        dpmi    0504h
        check_error 8012h, "an address of the host"
        mov     ebx, WANTED
        mov     ecx, 1001h
        mov     edx, 1
        mov     edi, 0F1F2F3F4h
        dpmi    0504h
        check   nc, "a block where it is wanted"
        cmp     ebx, WANTED
        check   e, "it is there"
        cmp     ecx, 1001h
        check   e, "ECX is kept"
        cmp     edx, 1
        check   e, "EDX is kept"
        cmp     edi, 0F1F2F3F4h
        check   e, "EDI is kept"
        mov     [handle], esi
        call    new_selector
        mov     [selector], bx
        mov     eax, WANTED
        call    set_base
        mov     eax, 1FFFh
        call    set_limit
        mov     es, bx
        mov     dword [es:1FFCh], 12345678h
        push    ds
        pop     es
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    050Ah
        check   nc, "050Ah"
        shl     esi, 16
        mov     si, di
        cmp     esi, 2000h
        check   e, "the size is whole pages"
        shl     ebx, 16
        mov     bx, cx
        cmp     ebx, WANTED
        check   e, "the base"
        mov     si, 0FFFFh
        mov     di, 0FFFFh
        dpmi    050Ah
        check_error 8023h, "050Ah on a handle nobody has"
        mov     ebx, WANTED + 1000h
        mov     ecx, 1000h
        mov     edx, 1
        dpmi    0504h
        check_error 8012h, "an address that is taken"
        mov     ebx, WANTED + 2000h
        mov     ecx, 1000h
        dpmi    0504h
        check   nc, "a neighbour"
        ; Descriptors: of the block, of another page in it, expand-down, of the program, and one that is none.
        call    new_selector
        mov     [inner], bx
        mov     eax, WANTED + 1234h
        call    set_base
        call    new_selector
        mov     [down], bx
        mov     eax, WANTED
        call    set_base
        mov     eax, 1000h
        call    set_limit
        mov     cx, 96h
        call    set_rights
        check   nc, "an expand-down segment"
        mov     ax, [data_selector]
        mov     [other], ax
        mov     esi, [handle]
        mov     ecx, 4000h
        mov     edx, 3
        mov     ebx, selector
        mov     edi, 5
        dpmi    0505h
        check   nc, "0505h"
        mov     [linear], ebx
        mov     [handle2], esi
        cmp     ebx, WANTED
        check   ne, "it had to move"
        mov     bx, [selector]
        call    get_base
        cmp     eax, [linear]
        check   e, "its descriptor has moved with it"
        mov     bx, [inner]
        call    get_base
        sub     eax, [linear]
        cmp     eax, 1234h
        check   e, "and another one in it"
        mov     bx, [down]
        call    get_base
        cmp     eax, [linear]
        check   e, "and the expand-down one"
        mov     bx, [data_selector]
        call    get_base
        cmp     eax, [program_base]
        check   e, "the program's has not"
        mov     es, [selector]
        cmp     dword [es:1FFCh], 12345678h
        check   e, "contents are kept"
        push    ds
        pop     es
        mov     esi, [handle]
        mov     ecx, 1000h
        xor     edx, edx
        dpmi    0505h
        check_error 8023h, "the old handle is dead"
        mov     esi, [handle2]
        xor     ecx, ecx
        dpmi    0505h
        check_error 8021h, "0505h: no bytes"
        mov     esi, [handle2]
        mov     ecx, 4000h
        mov     edx, 3
        mov     ebx, selector
        mov     edi, 8193
        dpmi    0505h
        check_error 8021h, "0505h: more selectors than there are descriptors"
        mov     esi, [handle2]
        mov     ecx, 40000000h
        mov     edx, 1
        dpmi    0505h
        check_error 8013h, "0505h: a gigabyte, committed"
        mov     esi, [handle2]
        mov     ecx, 0F0000000h
        xor     edx, edx
        dpmi    0505h
        check_error 8012h, "0505h: more than there are addresses"
        mov     esi, [handle2]
        mov     ecx, 20000000h
        xor     edx, edx
        dpmi    0505h
        check   nc, "half a gigabyte of addresses"
        mov     [handle], esi
        mov     si, [handle + 2]
        mov     di, [handle]
        dpmi    0502h
        check   nc, "0502h frees it"
        pass
        section .bss
handle  resd    1
handle2 resd    1
linear  resd    1
selector resw   1                       ; a list of five
inner   resw    1
down    resw    1
other   resw    1
none    resw    1
