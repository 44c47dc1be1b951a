; hello32: a 32-bit client, with a 32-bit code segment of its own.
;
; "32-bit client" is decided once, by bit 0 of AX at the mode switch (DPMI 0.9, INT 2Fh AX=1687h). It decides the size
; of interrupt frames and whether the host looks at EDI or at DI. The first instructions still run in a 16-bit code
; segment: the program has to make a 32-bit one itself and jump there. Watch the D bit of CS, and how the same
; interrupt frame grows from 6 to 12 bytes.

%include "sample.inc"

        ; The include file shows this step by step: find the host, enter as a 32-bit client, allocate a descriptor,
        ; give it our base, our limit and the rights of 32-bit code, and go there.
        enter_protected_mode 32

        ; --- From here on the processor decodes 32-bit instructions.
        say     "Hello from 32-bit protected mode."

        ; --- Ask for the rights of the segment we run in. LAR's bit 22 is the D bit.
        mov     ax, cs
        movzx   eax, ax
        lar     ebx, eax
        shr     ebx, 22
        and     ebx, 1
        say     "The D bit of the code segment is ", ebx, "."

        ; --- A 32-bit client can use more than 64 KB in one segment. Get 1 MB of extended memory
        ;     (INT 31h AX=0501h, BX:CX = bytes; BX:CX comes back as its linear address, SI:DI as its handle) …
        mov     bx, 1048576 >> 16
        xor     cx, cx
        mov     ax, 0501h
        int     31h
        must    "allocate memory"
        mov     [handle], di
        mov     [handle + 2], si
        mov     [address], cx
        mov     [address + 2], bx

        ; … and a descriptor that covers it. The host gives us one: data, base 0, limit 0.
        mov     cx, 1
        mov     ax, 0000h
        int     31h
        must    "allocate a descriptor"
        mov     ebx, eax
        mov     dx, [address]
        mov     cx, [address + 2]
        mov     ax, 0007h               ; set its base
        int     31h
        must    "set the base"
        mov     dx, (1048576 - 1) & 0FFFFh
        mov     cx, (1048576 - 1) >> 16
        mov     ax, 0008h               ; set its limit: size - 1
        int     31h
        must    "set the limit"

        ; --- One loop over all of it, with a 32-bit offset.
        mov     es, bx
        xor     edi, edi
        mov     ecx, 1048576 / 4
        mov     eax, 1
        cld
        rep     stosd
        xor     eax, eax
        mov     ecx, 1048576 / 4
sum:    add     eax, [es:ecx * 4 - 4]
        dec     ecx
        jnz     sum
        say     "The sum over 1 MB of ones is ", eax, "."

        ; --- Give everything back: the segment register first, then the descriptor, then the memory.
        push    ds
        pop     es
        mov     ax, 0001h
        int     31h
        must    "free the descriptor"
        mov     di, [handle]
        mov     si, [handle + 2]
        mov     ax, 0502h
        int     31h
        must    "free the memory"
        finish

        section .data
        align   4
handle  dd 0
address dd 0
