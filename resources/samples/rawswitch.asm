; rawswitch: to real mode and back without the host's help, as DOS extenders do it.
;
; INT 31h AX=0306h (DPMI 0.9) gives two addresses. A far jump to one of them, with the new segments and stack in
; registers, continues in the other mode:
;   AX = DS, CX = ES, DX = SS, (E)BX = (E)SP, SI = CS, (E)DI = (E)IP of the mode to be entered
; Nothing is saved and nothing returns by itself: coming back is another jump. The stack of either side stays as its
; program left it, if the program remembers where that was.
;
; INT 31h AX=0305h gives the routines that save the other mode's state. They are needed where a mode was left in the
; middle of something (in interrupt and callback handlers); calling them around every switch is always right.
;
; Watch: no stack frame and no ring-0 frame remembers anything; only the registers carry what is needed.

%include "sample.inc"

ROUNDS  equ     3

        enter_protected_mode 32
        lock_program

        ; --- The addresses of the switches.
        mov     ax, 0306h
        int     31h
        must    "get the mode switch addresses"
        mov     [to_protected], cx              ; BX:CX, to be jumped to from real mode
        mov     [to_protected + 2], bx
        mov     [to_real], edi                  ; SI:EDI, to be jumped to from protected mode
        mov     [to_real + 4], si

        ; --- The addresses of the state routines, and how big their buffer has to be: AX bytes.
        mov     ax, 0305h
        int     31h
        must    "get the state routines"
        mov     [save_state], edi               ; SI:EDI, callable from protected mode
        mov     [save_state + 4], si
        movzx   eax, ax
        cmp     eax, STATE_SIZE
        jbe     fits
        say     "The host's state does not fit into the buffer."
        mov     ax, 4C01h
        int     21h
fits:
        mov     [protected_stack], ss

round:
        ; --- Save the real-mode state: AL = 0, ES:EDI = buffer. (With a buffer of 0 bytes there is nothing to save,
        ;     and the routine just returns.)
        mov     edi, state
        xor     al, al
        call    far dword [save_state]

        ; --- To real mode. Our segment is DS, ES, SS and CS there; it gets a stack of its own.
        mov     [protected_esp], esp
        mov     ax, [real_segment]
        mov     cx, ax
        mov     dx, ax
        mov     si, ax
        mov     bx, real_stack_top
        mov     di, real_side
        jmp     far dword [to_real]

        ; --- Real mode. A jump brought us here; all we know is what lies in memory. DOS can be called directly.
        bits    16
real_side:
        inc     dword [rounds]
        mov     dx, dot
        mov     ah, 9
        int     21h

        ; --- And back. The program is a 32-bit client: EBX and EDI count in full, so clear their high halves.
        mov     ax, [data_selector]
        mov     cx, ax
        mov     dx, [protected_stack]
        mov     ebx, [protected_esp]
        mov     si, [code_selector]
        mov     edi, protected_side
        jmp     far [to_protected]

        ; --- Protected mode, on the stack we left. FS and GS are null; nothing else can be relied on.
        bits    32
protected_side:
        mov     edi, state
        mov     al, 1                           ; restore the real-mode state
        call    far dword [save_state]
        cmp     dword [rounds], ROUNDS
        jb      round

        say     "Back in protected mode after ", [rounds], " visits to real mode."
        finish

        section .data
        align   4
to_protected    dd 0                            ; offset, segment
to_real         dd 0                            ; offset …
                dw 0                            ; … selector
save_state      dd 0
                dw 0
        align   4
rounds          dd 0
protected_esp   dd 0
protected_stack dw 0
dot             db "Hello from real mode.", 13, 10, "$"
        section .bss
STATE_SIZE      equ 512
        alignb  4
state           resb STATE_SIZE
real_stack      resb 512
real_stack_top:
