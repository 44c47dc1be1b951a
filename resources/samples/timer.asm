; timer: a protected-mode handler for the timer interrupt, while real-mode code is running.
;
; Hardware interrupts go to the protected-mode handler first (INT 31h AX=0205h, DPMI 0.9), whatever mode is running.
; Here a real-mode loop, called by AX=0301h, waits for five ticks. Each tick takes the processor from the middle of
; the loop to protected mode: the handler counts and then jumps to the previous handler. That is the host's default,
; which runs the real-mode handler in the BIOS; the BIOS tells the interrupt controller that the interrupt is over.
;
; Watch: the tick arrives in V86 mode, on whatever real-mode instruction is next. The handler runs on the locked stack
; with a frame that leads back into the host, not to the interrupted instruction; where that was is on the ring-0
; stack. DS holds nothing useful.

%include "sample.inc"

TICKS   equ     5
TIMER   equ     8                       ; the timer's interrupt vector

        enter_protected_mode 32
        lock_program                    ; an interrupt handler must not be swapped out

        ; --- Remember the handler there is, then set ours. CX:EDX = selector and offset.
        mov     bl, TIMER
        mov     ax, 0204h
        int     31h
        mov     [old_handler], edx
        mov     [old_handler + 4], cx
        mov     cx, cs
        mov     edx, handler
        mov     bl, TIMER
        mov     ax, 0205h
        int     31h
        must    "set the timer handler"

        ; --- Real mode waits. Interrupts must be on there, or no tick ever comes.
        mov     [application_stack], ss
        mov     dword [ticks], 0
        mov     ax, [real_segment]
        mov     [real_call + rm.cs], ax
        mov     [real_call + rm.ds], ax
        mov     word [real_call + rm.ip], wait_for_ticks
        mov     word [real_call + rm.flags], 202h
        mov     dword [real_call + rm.sp], 0
        mov     edi, real_call
        xor     ebx, ebx
        xor     ecx, ecx
        mov     ax, 0301h
        int     31h
        must    "call the real-mode procedure"

        ; --- Put the old handler back before the program (and with it our handler) goes away.
        mov     cx, [old_handler + 4]
        mov     edx, [old_handler]
        mov     bl, TIMER
        mov     ax, 0205h
        int     31h
        must    "restore the timer handler"

        say     "Real mode saw ", [real_call + rm.eax], " ticks."
        cmp     dword [from_application], 0
        jne     own_stack
        say     "Every tick ran on the locked stack."
own_stack:
        finish

; --- Real mode. The counter lies in our segment; the protected-mode handler changes it behind our back.
        bits    16
wait_for_ticks:
        xor     eax, eax
wait_more:
        mov     ax, [ticks]
        cmp     ax, TICKS
        jb      wait_more
        retf                            ; EAX = ticks

; --- Protected mode. All registers belong to somebody else: whatever the handler uses it must put back.
        bits    32
handler:
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     dword [ticks]
        mov     ax, ss
        cmp     ax, [application_stack] ; on the application's stack after all?
        jne     chain
        inc     dword [from_application]
chain:
        pop     eax
        pop     ds
        jmp     far dword [cs:old_handler]      ; the stack is as it was at entry: the old handler does the IRET

        section .data
        align   4
old_handler     dd 0                    ; offset …
                dw 0                    ; … and selector
        align   4
ticks           dd 0
from_application dd 0
application_stack dw 0
        section .bss
        alignb  4
real_call       resb rm_size
