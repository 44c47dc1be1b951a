; exception: two faults that the program's own handlers repair.
;
; The processor raises an exception when a segment is marked not present (0Bh) or when an offset lies beyond the
; segment's limit (0Dh). A DPMI program can have a handler for each (INT 31h AX=0203h, DPMI 0.9). When the handler has
; removed the cause it returns, and the processor executes the same instruction again, which now succeeds. Operating
; systems load memory on demand this way.
;
; Watch: the handler runs on the locked stack. The frame there has the return address into the host, the error code,
; and the CS:EIP, EFLAGS and SS:ESP of the fault; EIP points at the instruction that failed, not behind it.
;
; The exception frame of a 32-bit client, at SS:ESP when the handler starts:
;   +00 return EIP  +04 return CS  +08 error code  +0C EIP  +10 CS  +14 EFLAGS  +18 ESP  +1C SS

%include "sample.inc"

        enter_protected_mode 32
        lock_program

        ; --- Remember the handlers there are, then set ours.
        mov     bl, 0Bh
        mov     ax, 0202h
        int     31h
        must    "get the handler"
        mov     [old_not_present], edx
        mov     [old_not_present + 4], cx
        mov     bl, 0Dh
        mov     ax, 0202h
        int     31h
        must    "get the handler"
        mov     [old_protection], edx
        mov     [old_protection + 4], cx
        mov     cx, cs
        mov     edx, not_present
        mov     bl, 0Bh
        mov     ax, 0203h
        int     31h
        must    "set the handler"
        mov     cx, cs
        mov     edx, protection
        mov     bl, 0Dh
        mov     ax, 0203h
        int     31h
        must    "set the handler"

        ; --- A descriptor for our table: its first 16 bytes only, and marked not present.
        mov     cx, 1
        mov     ax, 0000h
        int     31h
        must    "allocate a descriptor"
        mov     [selector], ax
        mov     bx, ax
        mov     eax, [program_base]
        add     eax, table
        mov     edx, eax
        shld    ecx, eax, 16
        mov     ax, 0007h               ; base
        int     31h
        must    "set the base"
        xor     cx, cx
        mov     dx, 15
        mov     ax, 0008h               ; limit
        int     31h
        must    "set the limit"
        mov     cx, cs                  ; DPL = our privilege level, in the selectors' low bits
        and     cl, 3
        shl     cl, 5
        or      cl, 12h                 ; data, writable; bit 7, present, is 0
        mov     ch, 40h
        mov     [absent_rights], cx
        mov     ax, 0009h               ; access rights
        int     31h
        must    "set the access rights"

        ; --- First fault: load the selector. #NP, the handler makes the segment present, the MOV is repeated.
load:   mov     es, bx
        say     "The segment is loaded after ", [faults], " fault."

        ; --- Second fault: read behind the limit. #GP, the handler raises the limit, the MOV is repeated.
        mov     dword [faults], 0
read:   mov     eax, [es:28]
        say     "Its last element is ", eax, ", read after ", [faults], " fault."
        mov     eax, [fault_address]
        cmp     eax, read
        jne     elsewhere
        say     "The frame pointed at the instruction that failed."
elsewhere:

        ; --- Put everything back as it was.
        push    ds
        pop     es
        mov     bx, [selector]
        mov     ax, 0001h
        int     31h
        must    "free the descriptor"
        mov     cx, [old_not_present + 4]
        mov     edx, [old_not_present]
        mov     bl, 0Bh
        mov     ax, 0203h
        int     31h
        must    "restore the handler"
        mov     cx, [old_protection + 4]
        mov     edx, [old_protection]
        mov     bl, 0Dh
        mov     ax, 0203h
        int     31h
        must    "restore the handler"
        finish

; --- Exception 0Bh. All registers are those of the faulting code; what we use we put back.
not_present:
        push    ds
        pushad
        mov     ds, [cs:data_selector]
        inc     dword [faults]
        mov     bx, [selector]
        mov     cx, [absent_rights]
        or      cl, 80h                 ; present
        mov     ax, 0009h
        int     31h
        popad
        pop     ds
        retf                            ; to the host (a far return, not an IRET), which restarts the instruction

; --- Exception 0Dh. ES has to be loaded again to notice the new limit; a DPMI 1.0 host would do that itself.
protection:
        push    ds
        pushad
        mov     ds, [cs:data_selector]
        inc     dword [faults]
        mov     eax, [ss:esp + 36 + 0Ch]        ; EIP in the frame; 36 bytes were pushed since
        mov     [fault_address], eax
        mov     bx, [selector]
        xor     cx, cx
        mov     dx, 31
        mov     ax, 0008h
        int     31h
        mov     es, bx
        popad
        pop     ds
        retf

        section .data
        align   4
table           dd 10, 20, 30, 40, 50, 60, 70, 80
old_not_present dd 0
                dw 0
old_protection  dd 0
                dw 0
        align   4
faults          dd 0
fault_address   dd 0
selector        dw 0
absent_rights   dw 0
