; Writes to code and to read-only data raise #GP(0); reading both is allowed.
; Rule: processor manual, protection: type checking.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        no_fault "reading through CS", mov al, [cs:data]
        faults  13, 0, "writing through CS", mov [cs:data], al
        faults  13, 0, "read and write through CS", inc word [cs:data]
        cmp     word [data], 1234h
        check   e, "nothing was written"
        mov     ax, cs
        mov     es, ax
        no_fault "reading through a code selector in ES", mov al, [es:data]
        faults  13, 0, "writing through it", mov [es:data], al
        mov     eax, data
        mov     ecx, 15
        call    new_segment
        mov     cx, 0090h
        call    set_rights
        check   nc, "0009h: read-only"
        mov     es, bx
        no_fault "reading read-only data", mov ax, [es:0]
        faults  13, 0, "writing read-only data", mov [es:0], ax
        mov     di, 0
        faults  13, 0, "with a string instruction", stosw
        cmp     word [data], 1234h
        check   e, "nothing was written there either"
        mov     cx, 0092h
        call    set_rights
        mov     es, bx
        no_fault "writable again", mov word [es:0], 5678h
        cmp     word [data], 5678h
        check   e, "the write arrived"
        push    ds
        pop     es
        pass
        section .data
        align   16
data    dw      1234h
        times   7 dw 0
