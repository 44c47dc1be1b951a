; Inside a handler: 0300h, descriptors, DOS calls, another callback's allocation.
; Rule: DPMI 0.9, INT 31h is re-entrant; 0300h-0302h are allowed in callbacks.
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        cmp     byte [count], 1
        check   e, "the handler ran"
        cmp     byte [failures], 0
        check   e, "every service worked"
        cmp     byte [version], 2
        check   ae, "DOS by 0300h"
        mov     al, [version]
        cmp     al, [version2]
        check   e, "DOS by INT 21h, reflected"
        callback_free callback2
        check   nc, "a callback allocated in the handler stays"
        mov     bx, [selector]
        dpmi    0001h
        check   nc, "a descriptor allocated in the handler stays"
        pass
procedure:
        call    far [callback]
        retf
handler:
        cld
        mov     eax, [xsi]
        mov     [es:xdi + rm.ip], eax
        add     word [es:xdi + rm.sp], 4
        push    es
        push    xdi
        mov     ds, [cs:data_selector]
        push    ds
        pop     es
        inc     byte [count]
        mov     dword [inner_call + rm.eax], 3000h
        mov     dword [inner_call + rm.sp], 0
        mov     word [inner_call + rm.flags], 202h
        mov     xdi, inner_call
        mov     bx, 21h
        xor     cx, cx
        dpmi    0300h
        adc     byte [failures], 0
        mov     al, [inner_call + rm.eax]
        mov     [version], al
        mov     ah, 30h
        int     21h
        mov     [version2], al
        mov     cx, 1
        dpmi    0000h
        adc     byte [failures], 0
        mov     [selector], ax
        mov     xsi, handler
        mov     xdi, structure2
        push    ds
        push    cs
        pop     ds
        dpmi    0303h
        pop     ds
        adc     byte [failures], 0
        mov     [callback2], dx
        mov     [callback2 + 2], cx
        pop     xdi
        pop     es
        iretx
        section .bss
callback resd   1
callback2 resd  1
selector resw   1
count   resb    1
failures resb   1
version resb    1
version2 resb   1
        alignb  4
structure resb  rm_size
structure2 resb rm_size
inner_call resb    rm_size
