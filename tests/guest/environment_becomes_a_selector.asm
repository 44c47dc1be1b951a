; The environment's segment in the PSP is replaced by a selector for the same memory.
; Rule: DPMI 0.9, mode switch entry: PSP:002Ch.
%include "guest.inc"
        mov     ax, [2Ch]
        mov     [env_segment], ax
        call    enter_protected_mode
        mov     es, [psp_selector]
        mov     bx, [es:2Ch]
        cmp     bx, [env_segment]
        check   ne, "it is no segment any more"
        call    get_base
        movzx   ecx, word [env_segment]
        shl     ecx, 4
        cmp     eax, ecx
        check   e, "its base is the environment"
        mov     es, bx
        xor     di, di
        mov     cx, 2000
        cld
.next:  mov     ax, [es:di]
        inc     di
        test    ax, ax
        loopnz  .next
        check   z, "the strings can be read to their end"
        pass
        section .bss
env_segment resw 1
