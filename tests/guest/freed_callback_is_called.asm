; Real mode calls a callback that was freed: a stated end, or nothing.
; Rule: reference 5.1: the stub of a freed callback traps harmlessly.
; expect: 0 123 124
; options: --max-instructions 2000000
%include "guest.inc"
        call    enter_protected_mode
        callback_alloc handler, structure, callback
        callback_free callback
        real_call procedure
        pass
procedure:
        call    far [callback]
        retf
handler:
        callback_return
        section .bss
callback resd   1
        alignb  4
structure resb  rm_size
