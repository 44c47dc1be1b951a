; HLT, LGDT, LLDT, MOV of control registers in protected mode raise #GP(0) at the instruction. CR0 may be looked at.
; Rule: processor manual: privileged instructions at CPL 3; reference 6.5: what the host carries out is invisible.
%include "guest.inc"
%include "faults.inc"
        call    enter_protected_mode
        call    watch_faults
        cpu     486
        faults  13, 0, "HLT", hlt
        faults  13, 0, "LGDT", lgdt [buffer]
        faults  13, 0, "LIDT", lidt [buffer]
        faults  13, 0, "LLDT", lldt ax
        faults  13, 0, "LTR", ltr ax
        no_fault "MOV from CR0", mov eax, cr0
        no_fault "MOV to CR0 of what is there", mov cr0, eax
        xor     eax, eax
        faults  13, 0, "MOV to CR0", mov cr0, eax
        faults  13, 0, "MOV from CR3", mov eax, cr3
        faults  13, 0, "CLTS", clts
        faults  13, 0, "INVLPG", invlpg [buffer]
        no_fault "SGDT is allowed", sgdt [buffer]
        no_fault "SLDT is allowed", sldt ax
        pass
        section .bss
buffer  resb    8
