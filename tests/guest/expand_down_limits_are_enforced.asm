; In an expand-down segment the offsets above the limit are valid, up to FFFFh or FFFFFFFFh by the B bit.
; Rule: processor manual, protection: expand-down segments.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        mov     eax, 0
        mov     ecx, 7FFh
        call    new_segment             ; the program from 800h up
        mov     cx, 0096h
        call    set_rights
        check   nc, "0009h: expand-down"
        mov     es, bx
        no_fault "the first valid byte", mov al, [es:800h]
        no_fault "a word in the middle", mov ax, [es:3000h]
        no_fault "the last byte of 64 KB", mov al, [es:0FFFFh]
        faults  13, 0, "offset 0", mov al, [es:0]
        faults  13, 0, "the byte at the limit", mov al, [es:7FFh]
        faults  13, 0, "a word across the limit", mov ax, [es:7FFh]
        faults  13, 0, "a write below the limit", mov [es:10h], al
        mov     ebx, 10000h
        faults  13, 0, "behind 64 KB with B = 0", mov al, [es:ebx]
        mov     bx, es
        mov     cx, 4096h
        call    set_rights
        mov     es, bx
        mov     ebx, 10000h
        no_fault "behind 64 KB with B = 1", mov al, [es:ebx]
        faults  13, 0, "below the limit with B = 1", mov al, [es:7FFh]
        push    ds
        pop     es
        pass
