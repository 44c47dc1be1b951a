; tsr: hooks INT 60h and stays resident: dpmiscope --vxd patch.vxd tsr.com --then patch86.com
;
; Its handler adds nothing to AX: that is what the driver's breakpoint at `placeholder` is for.

%include "v86.inc"
        find_driver 7F11h
        mov     dx, handler
        mov     ax, 2560h               ; DOS: set the vector of INT 60h
        int     21h
        push    cs
        pop     es
        mov     bx, placeholder
        call    far [entry]             ; install the breakpoint
        jc      failed
        mov     dx, end_of_program
        int     27h                     ; stay resident
failed: mov     ax, 4C01h
        int     21h

handler:
placeholder:
        nop                             ; ARPL while the breakpoint is there
        iret
end_of_program:
