; A null selector may be loaded into a data segment register; using it raises #GP(0).
; Rule: processor manual, protection: null selectors.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        xor     ax, ax
        mov     es, ax
        faults  13, 0, "read through null", mov al, [es:0]
        faults  13, 0, "write through null", mov [es:0], al
        mov     di, 8000h
        faults  13, 0, "at any offset", mov al, [es:di]
        mov     ax, 3
        mov     gs, ax
        faults  13, 0, "null with an RPL is null", mov al, [gs:0]
        mov     cx, gs
        cmp     cx, 3
        check   e, "and keeps its RPL"
        faults  13, 0, "FS as the host leaves it at entry", mov al, [fs:100h]
        mov     es, ax
        xor     di, di
        faults  13, 0, "a string instruction", stosb
        push    ds
        xor     ax, ax
        mov     ds, ax
        xor     si, si
        faults  13, 0, "DS null", lodsb
        pop     ds
        pass
