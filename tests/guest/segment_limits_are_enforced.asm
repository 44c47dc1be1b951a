; Accesses beyond a segment's limit raise #GP(0), through SS #SS(0); the last byte inside is allowed.
; Rule: processor manual, protection: limit checking.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        mov     eax, buffer
        mov     ecx, 15
        call    new_segment
        mov     es, bx
        no_fault "read of the last byte", mov al, [es:15]
        no_fault "read of the last word", mov ax, [es:14]
        no_fault "read of the last doubleword", mov eax, [es:12]
        faults  13, 0, "read behind the limit", mov al, [es:16]
        faults  13, 0, "word across the limit", mov ax, [es:15]
        faults  13, 0, "doubleword across the limit", mov eax, [es:13]
        faults  13, 0, "write behind the limit", mov [es:16], al
        faults  13, 0, "write across the limit", mov [es:13], eax
        cmp     dword [buffer + 12], 0
        check   e, "a refused write changes nothing, not even inside"
        mov     byte [buffer + 16], 77h
        mov     ebx, 16
        faults  13, 0, "32-bit addressing", mov al, [es:ebx]
        mov     di, 0FFFFh
        faults  13, 0, "far behind the limit", mov al, [es:di]
        faults  13, 0, "read and write", inc byte [es:16]
        cmp     byte [buffer + 16], 77h
        check   e, "nothing was changed behind the limit"
        faults  13, 0, "read by an arithmetic instruction", add al, [es:20]
        mov     di, 14
        mov     cx, 4
        cld
        mov     word [fault_resume], .behind
        mov     byte [fault_vector], 0FFh
.here:  rep     stosb
.behind:
        cmp     byte [fault_vector], 13
        check   e, "a string instruction faults in the middle"
        cmp     cx, 2
        check   e, "when two bytes are done"
        cmp     di, 16
        check   e, "DI at the limit"
        push    ds
        pop     es
        mov     [stack], xsp
        mov     eax, buffer
        mov     ecx, 31
        call    new_segment
        mov     bp, 32
        mov     [old_ss], ss
        mov     ss, bx
        mov     xsp, 32
        jmp     .on
.on:    push    ax
        mov     ax, [ss:30]
        mov     word [fault_resume], .stack_fault
        mov     byte [fault_vector], 0FFh
.at:    mov     ax, [bp]
.stack_fault:
        mov     cl, [fault_vector]
        mov     dx, [fault_error]
        mov     xsp, 0
        mov     word [fault_resume], .push_fault
        mov     byte [fault_vector], 0FFh
.at2:   push    ax
.push_fault:
        mov     ss, [old_ss]
        mov     xsp, [stack]
        cmp     cl, 12
        check   e, "an access through BP behind the stack's limit is #SS"
        cmp     dx, 0
        check   e, "with error code 0"
        cmp     byte [fault_vector], 12
        check   e, "a push that wraps below 0 is #SS"
        cmp     word [fault_ip], .at2
        check   e, "at the PUSH"
        pass
        section .bss
old_ss  resw    1
stack   resd    1
        alignb  4
buffer  resb    64
