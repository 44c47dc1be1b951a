; A program that jumps to a host return address it saw in a frame, with nothing to return from.
; Rule: reference 13.2: trap addresses; no crash of the host.
; expect: 0 123 124
; options: --max-instructions 1000000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        real_call procedure
        far_jump [trap]
procedure:
        call    far [callback]
        retf
handler:
        mov     fs, [cs:data_selector]
        mov     xbp, xsp
        mov     xax, [ss:xbp]
        mov     [fs:trap], xax
        mov     ax, [ss:xbp + W]
        mov     [fs:trap + W], ax
        callback_return
        section .bss
trap    resb    6
        alignb  4
callback resd   1
        alignb  4
structure resb  rm_size
