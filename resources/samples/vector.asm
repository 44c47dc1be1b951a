; vector: a callback hooked to a real-mode interrupt vector; it handles one function and passes the others on.
;
; This is how a DPMI program watches or extends a real-mode service (INT 31h AX=0303h and 0201h, DPMI 0.9). The
; handler sees every INT 65h of real mode and has two ways to end:
;   handled      as IRET would: CS:IP and FLAGS from the real-mode stack, SP + 6
;   passed on    CS:IP = the old handler, the stack untouched: the old handler's IRET returns to the caller
;
; Watch the real-mode stack at entry: DS:SI points at an interrupt frame of three words, IP, CS, FLAGS.

%include "sample.inc"

        enter_protected_mode 16
        lock_program

        ; --- First an old handler to chain to. Usually it is somebody else's: DOS's, a driver's.
        mov     bl, 65h
        mov     ax, 0200h
        int     31h
        mov     [vector_at_start], dx
        mov     [vector_at_start + 2], cx
        mov     cx, [real_segment]
        mov     dx, old_service
        mov     bl, 65h
        mov     ax, 0201h
        int     31h

        ; --- Now the callback, hooked the way any handler is: remember the vector, replace it.
        push    ds
        push    cs
        pop     ds
        mov     si, handler
        mov     di, structure
        mov     ax, 0303h
        int     31h
        pop     ds
        must    "allocate a callback"
        mov     [callback], dx
        mov     [callback + 2], cx
        mov     bl, 65h
        mov     ax, 0200h
        int     31h
        mov     [old_vector], dx
        mov     [old_vector + 2], cx
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     bl, 65h
        mov     ax, 0201h
        int     31h

        ; --- A real-mode program calls the service. INT 65h in protected mode would do as well: nobody hooked it
        ;     there, so the host reflects it to real mode.
        mov     ax, 0001h
        call    service
        say     "Function 1 (the old service's) returned ", eax, "."
        mov     ax, 7700h
        call    service
        say     "Function 77h (ours) returned ", eax, "."
        mov     ax, 0002h
        call    service
        say     "Function 2 (the old service's) returned ", eax, "."
        movzx   eax, word [handled]
        movzx   ebx, word [passed_on]
        say     "Handled: ", eax, ", passed on: ", ebx, "."

        ; --- Unhook before the callback goes.
        mov     dx, [old_vector]
        mov     cx, [old_vector + 2]
        mov     bl, 65h
        mov     ax, 0201h
        int     31h
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     ax, 0304h
        int     31h
        must    "free the callback"
        mov     dx, [vector_at_start]
        mov     cx, [vector_at_start + 2]
        mov     bl, 65h
        mov     ax, 0201h
        int     31h
        finish

; Real mode executes INT 65h with AX; EAX = what AX is afterwards.
service:
        mov     [real_call + rm.eax], ax
        mov     word [real_call + rm.flags], 202h
        mov     dword [real_call + rm.sp], 0
        mov     di, real_call
        mov     bx, 0065h
        xor     cx, cx
        mov     ax, 0300h
        int     31h
        must    "call the service"
        movzx   eax, word [real_call + rm.eax]
        ret

; --- Real mode: the old service. It adds 100 to AX.
old_service:
        add     ax, 100
        iret

; --- Protected mode: DS:SI = the interrupt frame on the real-mode stack, ES:DI = the structure.
handler:
        cld
        cmp     byte [es:di + rm.eax + 1], 77h  ; AH
        je      ours

        mov     ds, [cs:data_selector]
        inc     word [passed_on]
        mov     eax, [old_vector]
        mov     [es:di + rm.ip], eax    ; go on in the old handler, as if it had been called directly
        iret

ours:   mov     eax, [si]               ; IP and CS of the caller
        mov     [es:di + rm.ip], eax
        mov     ax, [si + 4]            ; FLAGS of the caller: the structure's have IF = 0, because of the INT
        mov     [es:di + rm.flags], ax
        add     word [es:di + rm.sp], 6
        mov     word [es:di + rm.eax], 4711
        mov     ds, [cs:data_selector]
        inc     word [handled]
        iret

        section .data
        align   4
callback        dd 0
vector_at_start dd 0
old_vector      dd 0
handled         dw 0
passed_on       dw 0
        section .bss
        alignb  4
structure       resb rm_size
        alignb  4
real_call       resb rm_size
