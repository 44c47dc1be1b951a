; INT 31h AX=0C00h looks at the structure before it takes it; sixteen can be installed; what a client that ends without
; 0C01h has installed is gone.
; Rule: DPMI 1.0, INT 31h AX=0C00h (8015h, 8021h, 8025h); reference 8.1.
%include "guest.inc"
%include "child.inc"
%include "provider.inc"

%macro refused 5                        ; bytes at an offset of the structure, value, size, error, "what"
        call    fill
        mov     %3 [structure + %1], %2
        dpmi    0C00h
        check_error %4, %5
%endmacro

        mov     word [left], 2
.twice: run_child 'a'
        cmp     ax, 0021h
        check   e, "all that was to be refused"
        dec     word [left]
        jnz     .twice
        pass
child:  call    enter_protected_mode
        call    fill
        mov     dword [structure + provider.code16], 0
        mov     dword [structure + provider.code16 + 4], 0
        mov     dword [structure + provider.code32], 0
        mov     dword [structure + provider.code32 + 4], 0
        dpmi    0C00h
        check_error 8021h, "no width at all"
        refused provider.code16 + 5, 0F2h, byte, 8021h, "16-bit code that is data"
        refused provider.code32 + 5, 0F2h, byte, 8021h, "32-bit code that is data"
        refused provider.data16 + 5, 0FAh, byte, 8021h, "data that is code"
        refused provider.data32 + 5, 0FAh, byte, 8021h, "32-bit data that is code"
        refused provider.code16 + 5, 09Ah, byte, 8021h, "code of ring 0"
        refused provider.code32 + 5, 0F8h, byte, 8021h, "code that cannot be read"
        refused provider.code32 + 5, 0FEh, byte, 8021h, "conforming code"
        refused provider.code16 + 5, 07Ah, byte, 8021h, "code that is not present"
        refused provider.data16 + 5, 072h, byte, 8021h, "data that is not present"
        refused provider.data32 + 5, 0E2h, byte, 8021h, "a system descriptor"
        call    fill
        mov     word [structure + provider.code16], 0FFFh
        mov     word [structure + provider.offset16], 1000h
        dpmi    0C00h
        check_error 8021h, "a 16-bit procedure past the limit"
        refused provider.offset32, 10000h, dword, 8021h, "a 32-bit procedure past the limit"
        refused provider.code16 + 7, 0C0h, byte, 8025h, "code in the host"
        refused provider.data32 + 7, 0FFh, byte, 8025h, "data above the host"
        refused provider.data16 + 6, 0A0h, byte, 8021h, "an extended right that is reserved"
        mov     word [left], 16
.more:  call    fill
        dpmi    0C00h
        check   nc, "sixteen providers"
        dec     word [left]
        jnz     .more
        call    fill
        dpmi    0C00h
        check_error 8015h, "a seventeenth"
        mov     ax, 4C21h
        int     21h
fill:   fill_structure structure, procedure16, procedure32
        ret
procedure16:
        retf
procedure32:
        o32 retf
        section .bss
left    resw    1
structure resb  provider_size
