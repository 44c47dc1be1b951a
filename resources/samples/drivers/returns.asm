; returns: Call_When_VM_Returns around an interrupt, and nested execution.
;
; The driver sees INT 60h in V86 mode first (Hook_V86_Int_Chain). Before the frame of the interrupt is pushed it has
; the place the VM will return to replaced, and passes the interrupt on. When the program's handler has returned,
; `back` runs: within nested execution it calls INT 61h of the program, and doubles the result.

%include "vxd.inc"
        driver  "RETURNS ", 7F13h, control, 0, 0

control:
        cmp     eax, Device_Init
        jne     .fine
        mov     eax, 60h
        mov     esi, hook
        VMMCall Hook_V86_Int_Chain
        ret
.fine:  clc
        ret

hook:   xor     eax, eax                ; no time-out
        xor     edx, edx
        mov     esi, back
        VMMCall Call_When_VM_Returns
        stc                             ; pass it on
        ret

back:   VMMCall Begin_Nest_V86_Exec
        mov     eax, 61h
        VMMCall Exec_Int
        VMMCall End_Nest_Exec
        mov     ax, [ebp + Client_AX]
        add     [ebp + Client_AX], ax
        ret
