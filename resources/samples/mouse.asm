; mouse: an event handler in the manner of a mouse driver's, called from inside a real-mode interrupt.
;
; Real mode has a driver: an interrupt handler on vector 66h. A program tells it the address of an event handler
; (AX=000Ch, as mouse drivers on INT 33h do); when the hardware reports something, the driver far-calls that address
; with the event in AX (what), BX (buttons), CX (column), DX (row).
; A protected-mode program gives the driver a real-mode callback. Its handler puts the events into a ring; the main
; program takes them out when it has time. That is how every mouse handler under DPMI works.
;
; Watch: main program -> INT 31h AX=0300h -> INT 66h in real mode -> the driver's far call -> callback handler.
; On the real-mode stack lie the interrupt frame of the INT 66h and below it the return address of the far call.

%include "sample.inc"

RING    equ     8                       ; events the ring holds; a power of two

        enter_protected_mode 16
        lock_program

        ; --- Install the driver: save the old real-mode vector, set ours. (INT 31h AX=0200h, 0201h: BL = vector,
        ;     CX:DX = real-mode segment and offset.)
        mov     bl, 66h
        mov     ax, 0200h
        int     31h
        mov     [old_vector], dx
        mov     [old_vector + 2], cx
        mov     cx, [real_segment]
        mov     dx, driver
        mov     bl, 66h
        mov     ax, 0201h
        int     31h

        ; --- A callback for the events.
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

        ; --- Tell the driver: AX=000Ch, CX = which events, ES:DX = the address to call.
        mov     dword [driver_call + rm.eax], 000Ch
        mov     dword [driver_call + rm.ecx], 0FFFFh
        mov     [driver_call + rm.edx], dx
        mov     ax, [callback + 2]
        mov     [driver_call + rm.es], ax
        call    call_driver

        ; --- Five things happen on the desk. (AX=00FFh stands for the hardware: the mouse moves.)
        mov     cx, 5
move:   push    cx
        mov     ax, cx
        shl     ax, 4
        mov     dword [driver_call + rm.eax], 00FFh
        mov     [driver_call + rm.ecx], ax      ; column
        mov     [driver_call + rm.edx], cx      ; row
        and     cx, 1
        mov     [driver_call + rm.ebx], cx      ; left button down now and then
        call    call_driver
        pop     cx
        loop    move

        ; --- Take the events out of the ring.
        say     "Events from the driver:"
take:   mov     si, [ring_tail]
        cmp     si, [ring_head]
        je      empty
        shl     si, 4                   ; 16 bytes an event
        mov     ebx, [ring + si]
        mov     ecx, [ring + si + 4]
        mov     edx, [ring + si + 8]
        say     "  buttons ", ebx, ", column ", ecx, ", row ", edx
        inc     word [ring_tail]
        and     word [ring_tail], RING - 1
        jmp     take
empty:
        ; --- Tidy up in reverse order: the driver must not call an address that is free, and nobody a driver that is
        ;     gone.
        mov     dword [driver_call + rm.eax], 000Ch
        mov     dword [driver_call + rm.ecx], 0         ; no events any more
        call    call_driver
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     ax, 0304h
        int     31h
        must    "free the callback"
        mov     dx, [old_vector]
        mov     cx, [old_vector + 2]
        mov     bl, 66h
        mov     ax, 0201h
        int     31h
        finish

; INT 66h in real mode, with the registers in driver_call.
call_driver:
        mov     word [driver_call + rm.flags], 202h
        mov     dword [driver_call + rm.sp], 0
        mov     di, driver_call
        mov     bx, 0066h
        xor     cx, cx
        mov     ax, 0300h
        int     31h
        must    "call the driver"
        ret

; ---------------------------------------------------------------------------------------------------------------------
; Real mode: the driver. Its data is reached through CS, for DS is the caller's.
driver:
        cmp     ax, 000Ch
        je      set_handler
        test    [cs:event_mask], word 1
        jz      nobody
        mov     ax, 1                   ; event: moved
        call    far [cs:event_handler]
nobody: iret
set_handler:
        mov     [cs:event_mask], cx
        mov     [cs:event_handler], dx
        mov     [cs:event_handler + 2], es
        iret

event_mask      dw 0
event_handler   dd 0

; ---------------------------------------------------------------------------------------------------------------------
; Protected mode: the event handler. Short, no DOS, interrupts stay off: it only notes the event.
handler:
        cld
        mov     eax, [si]               ; DS:SI: the real-mode stack; the driver's return address is on top
        mov     [es:di + rm.ip], eax
        add     word [es:di + rm.sp], 4

        mov     ds, [cs:data_selector]
        mov     si, [ring_head]
        mov     bx, si
        inc     bx
        and     bx, RING - 1
        cmp     bx, [ring_tail]
        je      full                    ; nowhere to put it: the event is lost
        shl     si, 4
        movzx   eax, word [es:di + rm.ebx]
        mov     [ring + si], eax
        movzx   eax, word [es:di + rm.ecx]
        mov     [ring + si + 4], eax
        movzx   eax, word [es:di + rm.edx]
        mov     [ring + si + 8], eax
        mov     [ring_head], bx
full:   iret

        section .data
        align   4
callback        dd 0
old_vector      dd 0
ring_head       dw 0
ring_tail       dw 0
        section .bss
        alignb  4
structure       resb rm_size
        alignb  4
driver_call     resb rm_size
        alignb  4
ring            resb RING * 16
