; entrypm: calls the API of entry.vxd in protected mode: dpmiscope --vxd entry.vxd entrypm.com
;
; The address INT 2Fh AX=1684h gives here is another one than in V86 mode: an INT 30h in the segment 003Bh.

%include "sample.inc"
        enter_protected_mode 16
        xor     di, di
        mov     bx, 7F10h
        mov     ax, 1684h
        int     2Fh
        mov     [entry], di
        mov     [entry + 2], es
        mov     ax, es
        or      ax, di
        jz      nobody
        push    ds
        pop     es
        mov     ah, 0
        call    far [entry]
        movzx   eax, ax
        say     "The driver's version is ", eax, "."
        mov     ah, 1
        mov     si, text
        call    far [entry]
        jc      nobody
        movzx   ecx, cx
        say     ecx, " letters were counted in ring 0."
        finish
nobody: say     "The driver is not loaded: --vxd entry.vxd"
        mov     ax, 4C01h
        int     21h

        section .data
entry   dd      0
text    db      "virtual machine", 0
