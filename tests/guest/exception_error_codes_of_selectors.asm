; Loading a bad selector: #GP, #NP or #SS with the selector (RPL cleared) as error code, at the instruction.
; Rule: processor manual, MOV to segment registers; DPMI 0.9, exception frame.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        mov     ax, 0FFFCh
        faults  13, 0FFFCh, "DS: free LDT entry", mov ds, ax
        mov     ax, 0FFFFh
        faults  13, 0FFFCh, "ES: the RPL is not in the error code", mov es, ax
        mov     ax, 0FFFBh
        faults  13, 0FFF8h, "ES: beyond the GDT", mov es, ax
        no_fault "ES: null may be loaded", mov es, [zero]
        mov     ax, 0
        faults  13, 0, "SS: null may not", mov ss, ax
        mov     ax, cs
        mov     bx, ax
        and     bl, 0FCh
        faults  13, bx, "SS: code", mov ss, ax
        call    new_selector
        mov     cx, 0012h
        call    set_rights
        check   nc, "a segment that is not present"
        mov     [absent], bx
        mov     cx, bx
        and     cl, 0FCh
        faults  11, cx, "ES: not present", mov es, bx
        faults  11, cx, "GS: not present", mov gs, bx
        faults  12, cx, "SS: not present", mov ss, bx
        mov     cx, 0010h
        mov     bx, [absent]
        mov     cx, 0090h
        call    set_rights
        mov     cx, bx
        and     cl, 0FCh
        faults  13, cx, "SS: read-only data", mov ss, bx
        no_fault "DS: read-only data", mov gs, bx
        mov     [pointer + 2], bx
        mov     word [pointer], 0
        faults  13, cx, "far jump to data", jmp far [pointer]
        mov     word [pointer + 2], 0
        faults  13, 0, "far jump to null", jmp far [pointer]
        mov     cx, 001Ah
        call    set_rights
        mov     cx, bx
        and     cl, 0FCh
        mov     [pointer + 2], bx
        faults  11, cx, "far jump to absent code", jmp far [pointer]
        faults  11, cx, "far call to absent code", call far [pointer]
        mov     cx, 009Ah
        call    set_rights
        mov     cx, bx
        and     cl, 0FCh
        mov     word [pointer], 1
        faults  13, 0, "far jump beyond the limit of 0", jmp far [pointer]
        pass
        section .bss
zero    resw    1
absent  resw    1
pointer resd    1
