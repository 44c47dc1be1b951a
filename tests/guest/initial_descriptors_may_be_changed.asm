; The descriptors of CS, DS and SS belong to the client, those of PSP and environment to the host.
; Rule: DPMI 1.0 appendix D: PSP and environment descriptors may be read but not changed or freed (8022h).
%include "guest.inc"
        call    enter_protected_mode
        mov     bx, [psp_selector]
        call    get_base
        xor     eax, eax
        call    set_base
        check   c, "the PSP's base cannot be set"
        mov     bx, [psp_selector]
        dpmi    0001h
        check_error 8022h, "the PSP's descriptor cannot be freed"
        mov     es, [psp_selector]
        mov     bx, [es:2Ch]
        push    ds
        pop     es
        dpmi    0001h
        check_error 8022h, "the environment's descriptor cannot be freed"
        mov     bx, ds
        mov     eax, [program_base]
        call    set_base
        check   nc, "DS: the base can be set"
        mov     bx, ds
        mov     eax, 0FFFFh
        call    set_limit
        check   nc, "DS: the limit can be set"
        pass
