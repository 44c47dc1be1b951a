; callback: real-mode code calls a procedure that runs in protected mode.
;
; A real-mode callback (INT 31h AX=0303h, DPMI 0.9) is a real-mode address the host hands out. Whoever in real mode
; makes a far call to it ends up in a protected-mode procedure of ours, the handler. Here:
;
;   protected mode, main program   asks the host to call the real-mode procedure `real_code` (AX=0301h)
;   real mode, real_code           loads registers, pushes two words, far-calls the callback address
;   protected mode, handler        reads registers and words, computes AX * first + second, returns
;   real mode, real_code           takes the two words off its stack and returns
;   protected mode, main program   prints what came back in AX
;
; Watch the four stacks when the callback is entered:
;   application stack        left where it was at the INT 31h; the main program is waiting
;   real-mode stack          the words real_code pushed and the return address of its call; DS:ESI points there
;   locked stack             new: the handler runs on it, its IRET frame leads back into the host
;   ring-0 stack (the host)  holds what has to be restored, one frame for every context that is waiting

%include "sample.inc"

        enter_protected_mode 32

        ; --- The handler and everything it touches must be in memory whenever it runs.
        lock_program

        ; --- Get a callback. DS:ESI = the handler, ES:EDI = a structure of 50 bytes the host will fill with the
        ;     real-mode registers at every call. CX:DX comes back: the real-mode address, segment and offset.
        push    ds
        push    cs
        pop     ds
        mov     esi, handler
        mov     edi, structure
        mov     ax, 0303h
        int     31h
        pop     ds
        must    "allocate a callback"
        mov     [callback], dx
        mov     [callback + 2], cx

        ; --- Call real_code three times, with 1, 2 and 3 in AX.
        mov     dword [number], 1
again:
        mov     eax, [number]
        mov     [real_call + rm.eax], eax
        mov     ax, [real_segment]
        mov     [real_call + rm.cs], ax         ; a segment, not a selector: this is for real mode
        mov     [real_call + rm.ds], ax
        mov     word [real_call + rm.ip], real_code
        mov     word [real_call + rm.flags], 202h       ; interrupts on
        mov     dword [real_call + rm.sp], 0            ; SS:SP = 0:0: use the host's real-mode stack
        mov     edi, real_call
        xor     ebx, ebx                ; BH = 0
        xor     ecx, ecx                ; no words to copy
        mov     ax, 0301h               ; call a real-mode procedure that ends with RETF
        int     31h
        must    "call the real-mode procedure"

        movzx   eax, word [real_call + rm.eax]
        say     [number], " * 10 + 5 is ", eax, "."
        inc     dword [number]
        cmp     dword [number], 3
        jbe     again

        say     "The handler ran ", [calls], " times."

        ; --- Give the callback back. From now on nobody may call its address.
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     ax, 0304h
        int     31h
        must    "free the callback"
        finish

; ---------------------------------------------------------------------------------------------------------------------
; Real mode (to be exact: virtual-8086 mode; a program cannot tell). DS = our segment, AX = the number.
        bits    16
real_code:
        push    word 5                  ; two arguments on the real-mode stack
        push    word 10
        call    far [callback]          ; looks like any far call
        add     sp, 4                   ; the caller takes its arguments off
        retf                            ; back to the host, which ends the INT 31h AX=0301h

; ---------------------------------------------------------------------------------------------------------------------
; Protected mode again: the handler. At its first instruction (DPMI 0.9, INT 31h AX=0303h):
;   CS:EIP  as registered        SS:ESP  the locked stack, with an IRET frame on it
;   ES:EDI  the structure, filled with the real-mode registers
;   DS:ESI  the top of the real-mode stack: +0 return IP, +2 return CS, +4 first word, +6 second word
;   interrupts are off; the direction flag is whatever real mode had; the other registers are undefined
        bits    32
handler:
        cld

        ; --- Where to go on: at the caller's return address. CS:IP in the structure is the callback's own address,
        ;     so a handler that forgets this is entered for ever. Far return = take CS:IP, add 4 to SP.
        mov     eax, [esi]
        mov     [es:edi + rm.ip], eax   ; IP and CS at once
        add     word [es:edi + rm.sp], 4

        ; --- The work: AX from the structure, the two words from the real-mode stack; the result goes to the
        ;     structure, not into the register: the host loads the real-mode registers from there.
        movzx   eax, word [es:edi + rm.eax]
        movzx   ebx, word [esi + 4]
        movzx   ecx, word [esi + 6]
        imul    eax, ebx
        add     eax, ecx
        mov     [es:edi + rm.eax], ax

        ; --- DS is an alias of the real-mode stack. To reach our own data we load our own selector, which lies where
        ;     CS can read it.
        mov     ds, [cs:data_selector]
        inc     dword [calls]

        iretd                           ; to the host: it loads all real-mode registers from ES:EDI and goes on there

        section .data
        align   4
callback        dd 0                    ; the real-mode address: offset, segment
number          dd 0
calls           dd 0
structure       times rm_size db 0      ; filled at every call of the callback
        align   4
real_call       times rm_size db 0      ; registers for INT 31h AX=0301h
