; nested: a callback that calls real mode, which calls the callback again, three deep.
;
; The handler computes n! by asking real mode to call the callback for n-1. There is one callback with one structure,
; and the structure is static: the next entry overwrites it. A handler that lets this happen must copy the structure
; first and return with ES:EDI on its copy (DPMI 0.9, INT 31h AX=0303h: any structure may be returned).
;
; Watch the locked stack: the first entry switches to it, the second and third go on below the place where protected
; mode was left. The real-mode stack grows downwards as well, and the ring-0 stack holds one frame for each context.

%include "sample.inc"

LEVELS  equ     3

        enter_protected_mode 32
        lock_program

        ; --- One callback for all levels.
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

        ; --- From the main program: real mode, please call the callback with AX = 3.
        mov     edi, main_call
        mov     eax, LEVELS
        call    call_real_mode
        must    "call the real-mode procedure"
        movzx   eax, word [main_call + rm.eax]
        say     "3! computed by nested callbacks is ", eax, "."
        say     "Deepest level: ", [deepest], "."
        mov     eax, [stack_pointers + 4]
        cmp     eax, [stack_pointers]
        jae     not_below
        mov     eax, [stack_pointers + 8]
        cmp     eax, [stack_pointers + 4]
        jae     not_below
        say     "Each level ran below the one before on the locked stack."
not_below:
        cmp     dword [level], 0
        jne     not_balanced
        say     "All levels have returned."
not_balanced:
        mov     dx, [callback]
        mov     cx, [callback + 2]
        mov     ax, 0304h
        int     31h
        must    "free the callback"
        finish

; Fill the structure at ES:EDI and have the host call `real_code` with AX. Carry as from INT 31h.
call_real_mode:
        mov     [es:edi + rm.eax], eax
        mov     ax, [cs:real_segment]
        mov     [es:edi + rm.cs], ax
        mov     [es:edi + rm.ds], ax
        mov     word [es:edi + rm.ip], real_code
        mov     word [es:edi + rm.flags], 202h
        mov     dword [es:edi + rm.sp], 0       ; the host's stack: it goes on below what lies there already
        xor     ebx, ebx
        xor     ecx, ecx
        mov     ax, 0301h
        int     31h
        ret

; --- Real mode: pass AX on.
        bits    16
real_code:
        call    far [callback]
        retf

; --- Protected mode: AX in the structure is n; put n! there.
        bits    32
handler:
        cld

        ; --- First everything that needs DS:ESI and the static structure: the return address …
        mov     eax, [esi]
        mov     [es:edi + rm.ip], eax
        add     word [es:edi + rm.sp], 4

        ; --- … then a copy of the structure for this level. After that a nested entry may overwrite the original and
        ;     move the alias in DS.
        mov     ax, es
        mov     ds, ax                  ; our own data again: the structure lies in it
        mov     esi, edi
        imul    edi, [level], rm_size
        add     edi, copies             ; the copy of this level
        mov     ecx, rm_size
        push    edi
        rep     movsb
        pop     edi

        mov     ebx, [level]
        mov     [stack_pointers + ebx * 4], esp
        inc     ebx
        mov     [level], ebx
        cmp     ebx, [deepest]
        jbe     seen
        mov     [deepest], ebx
seen:
        movzx   eax, word [edi + rm.eax]
        cmp     eax, 1
        jbe     done                    ; 1! = 1: AX stays

        ; --- n > 1: real mode again, with n-1. This INT 31h does not come back before the levels below have returned.
        push    edi
        imul    edi, [level], rm_size
        add     edi, calls - rm_size
        dec     eax
        call    call_real_mode
        movzx   eax, word [edi + rm.eax]        ; (n-1)!
        pop     edi
        jc      done
        movzx   ebx, word [edi + rm.eax]        ; n, still in our copy
        imul    eax, ebx
        mov     [edi + rm.eax], ax
done:
        dec     dword [level]
        iretd                           ; ES:EDI is this level's copy

        section .data
        align   4
callback        dd 0
level           dd 0
deepest         dd 0
stack_pointers  times LEVELS dd 0
        section .bss
        alignb  4
structure       resb rm_size
main_call       resb rm_size
copies          resb rm_size * LEVELS
calls           resb rm_size * LEVELS
