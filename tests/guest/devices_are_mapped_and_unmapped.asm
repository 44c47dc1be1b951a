; 0800h and 0801h: addresses of a device, exact to the byte; what is no device is refused.
; Rule: DPMI 0.9, INT 31h AX=0800h; 1.0, AX=0801h.
%include "guest.inc"
%macro map 2                            ; physical address, bytes -> CF, AX or BX:CX
        mov     bx, (%1) >> 16
        mov     cx, (%1) & 0FFFFh
        mov     si, (%2) >> 16
        mov     di, (%2) & 0FFFFh
        dpmi    0800h
%endmacro
        call    enter_protected_mode
        mov     xdi, before
        dpmi    0500h
        map     0, 1000h
        check_error 8021h, "memory below one megabyte"
        map     0FF000h, 2000h
        check_error 8021h, "beginning below one megabyte"
        map     0E0000000h, 0
        check_error 8021h, "no bytes"
        map     400000h, 1000h
        check_error 8003h, "the machine's memory"
        map     100000h, 1
        check_error 8003h, "the high memory area"
        map     0FFFFF000h, 2000h
        check_error 8003h, "beyond the last address"
        map     0E0000000h, 0A0000000h
        check_error 8003h, "more bytes than there are"
        mov     ebp, 0E5E6E7E8h
        mov     edx, 0D1D2D3D4h
        map     0E0000123h, 1000h
        check   nc, "a device"
        cmp     ebp, 0E5E6E7E8h
        check   e, "EBP is kept"
        cmp     edx, 0D1D2D3D4h
        check   e, "EDX is kept"
        cmp     si, 0
        check   e, "SI is kept"
        cmp     di, 1000h
        check   e, "DI is kept"
        mov     [linear], cx
        mov     [linear + 2], bx
        mov     eax, [linear]
        and     eax, 0FFFh
        cmp     eax, 123h
        check   e, "the offset in the page is that of the device"
        call    new_selector
        mov     eax, [linear]
        call    set_base
        mov     eax, 0FFFh
        call    set_limit
        mov     es, bx
        mov     eax, [es:0FFCh]
        cmp     eax, 0FFFFFFFFh
        check   e, "its last bytes can be read: nobody drives the bus"
        mov     dword [es:0FFCh], 0
        cmp     dword [es:0FFCh], 0FFFFFFFFh
        check   e, "and written, without effect"
        push    ds
        pop     es
        map     0E0000123h, 1000h
        check   nc, "the same device again"
        mov     [again], cx
        mov     [again + 2], bx
        mov     bx, [linear + 2]
        mov     cx, [linear]
        dpmi    0801h
        check   nc, "0801h"
        mov     bx, [linear + 2]
        mov     cx, [linear]
        dpmi    0801h
        check_error 8025h, "0801h twice"
        mov     bx, [again + 2]
        mov     cx, [again]
        dpmi    0801h
        check   nc, "0801h for the other"
        mov     bx, 40h
        mov     cx, 0
        dpmi    0801h
        check_error 8025h, "an address 0800h did not return"
        mov     bx, [program_base + 2]
        mov     cx, [program_base]
        dpmi    0801h
        check_error 8025h, "DOS memory"
        mov     xdi, after
        dpmi    0500h
        mov     eax, [before + 1Ch]
        cmp     eax, [after + 1Ch]
        check   e, "all linear addresses are free again"
        pass
        section .bss
linear  resd    1
again   resd    1
        alignb  4
before  resb    30h
after   resb    30h
