; The mouse driver's event handler is a real-mode callback: what a hand does arrives in protected mode.
; Rule: INT 33h AX=000Ch: far call with AX condition, BX buttons, CX and DX place, SI and DI mickeys; DPMI 0.9, INT 31h
; AX=0300h with ES:DX in the structure, AX=0303h for the address.
; options: --keys "{Wait 200}{Mouse 80,40}{Wait 50}{Press left}{Wait 50}{Mouse 104,41}{Wait 50}{Release left}"
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        check   nc, "0303h"
        mov     word [driver + rm.eax], 0
        call    call_driver
        cmp     word [driver + rm.eax], 0FFFFh
        check   e, "there is a mouse"
        mov     word [driver + rm.eax], 4
        mov     word [driver + rm.ecx], 0
        mov     word [driver + rm.edx], 0
        call    call_driver
        mov     word [driver + rm.eax], 0Ch
        mov     word [driver + rm.ecx], 7Fh
        mov     ax, [callback]
        mov     [driver + rm.edx], ax
        mov     ax, [callback + 2]
        mov     [driver + rm.es], ax
        call    call_driver
        wait_for count, 4
        cmp     dword [count], 4
        check   e, "four events"
        mov     si, events
        mov     di, expected
        mov     cx, 4 * 4
.next:  mov     ax, [si]
        cmp     ax, [di]
        check   e, "condition, buttons, column and row of each"
        add     si, 2
        add     di, 2
        loop    .next
        cmp     word [last_si], 104
        check   e, "mickeys from left to right"
        cmp     word [last_di], 82
        check   e, "and down, two a pixel"
        mov     word [driver + rm.eax], 5
        mov     word [driver + rm.ebx], 0
        call    call_driver
        cmp     word [driver + rm.ebx], 1
        check   e, "the driver has counted the click"
        cmp     word [driver + rm.ecx], 80
        check   e, "and where it was"
        mov     word [driver + rm.eax], 0
        call    call_driver
        callback_free callback
        check   nc, "0304h"
        pass

call_driver:                            ; INT 33h in real mode with the registers in `driver`
        push    ds
        pop     es
        mov     dword [driver + rm.sp], 0
        mov     word [driver + rm.flags], 202h
        mov     xdi, driver
        mov     bx, 33h
        xor     cx, cx
        dpmi    0300h
        check   nc, "0300h"
        ret

handler:
        push    ds
        push    xsi
        mov     ds, [cs:data_selector]
        mov     xsi, [count]
        shl     xsi, 3
        mov     eax, [es:xdi + rm.eax]
        mov     [xsi + events], ax
        mov     eax, [es:xdi + rm.ebx]
        mov     [xsi + events + 2], ax
        mov     eax, [es:xdi + rm.ecx]
        mov     [xsi + events + 4], ax
        mov     eax, [es:xdi + rm.edx]
        mov     [xsi + events + 6], ax
        mov     eax, [es:xdi + rm.esi]
        mov     [last_si], ax
        mov     eax, [es:xdi + rm.edi]
        mov     [last_di], ax
        inc     dword [count]
        and     dword [count], 7
        pop     xsi
        pop     ds
        callback_return

        section .data
expected dw     1, 0, 80, 40
        dw      2, 1, 80, 40
        dw      1, 1, 104, 40
        dw      4, 0, 104, 40
        section .bss
        alignb  4
count   resd    1
callback resd   1
last_si resw    1
last_di resw    1
events  resw    4 * 8
        alignb  4
structure resb  rm_size
driver  resb    rm_size
