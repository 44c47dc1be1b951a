; 0600h-0604h on extended and on DOS memory.
; Rule: DPMI 0.9, INT 31h AX=0600h-0604h; 1.0: locks are counted (8002h when there is none).
%include "guest.inc"
        call    enter_protected_mode
        dpmi    0604h
        check   nc, "0604h"
        test    bx, bx
        check   z, "page size: high word"
        cmp     cx, 1000h
        check   e, "page size: 4096"
        mov     bx, 1
        mov     cx, 0
        dpmi    0501h
        check   nc, "0501h"
        mov     [linear], cx
        mov     [linear + 2], bx
        call    region
        dpmi    0600h
        check   nc, "0600h"
        call    region
        dpmi    0600h
        check   nc, "0600h again"
        call    region
        dpmi    0601h
        check   nc, "0601h"
        call    region
        dpmi    0601h
        check   nc, "0601h again"
        call    region
        dpmi    0601h
        check_error 8002h, "0601h: more unlocks than locks"
        mov     bx, 0F000h
        mov     cx, 0
        mov     si, 1
        mov     di, 0
        dpmi    0600h
        check_error 8025h, "0600h: memory nobody has"
        mov     bx, [program_base + 2]
        mov     cx, [program_base]
        xor     si, si
        mov     di, 2000h
        dpmi    0600h
        check   nc, "0600h: DOS memory"
        mov     bx, [program_base + 2]
        mov     cx, [program_base]
        xor     si, si
        mov     di, 2000h
        dpmi    0601h
        check   nc, "0601h: DOS memory"
        mov     bx, [program_base + 2]
        mov     cx, [program_base]
        xor     si, si
        mov     di, 4000h
        dpmi    0602h
        check   nc, "0602h"
        mov     bx, [program_base + 2]
        mov     cx, [program_base]
        xor     si, si
        mov     di, 4000h
        dpmi    0603h
        check   nc, "0603h"
        pass
region: mov     bx, [linear + 2]
        mov     cx, [linear]
        mov     si, 0
        mov     di, 5000h
        ret
        section .bss
linear  resd    1
