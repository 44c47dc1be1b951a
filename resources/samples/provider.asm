; provider: a resident service provider. It ends, stays in memory, and serves every client that enters later: 16-bit
; and 32-bit ones, by INT 60h in protected mode.
;
; A client that ends takes its descriptors and interrupt vectors along, so what stays cannot simply be called. The host
; therefore calls it (INT 31h AX=0C00h, DPMI 1.0): a procedure for each width, when a client has entered, before its
; first instruction, and when one ends, before its tables go. For the call it makes two descriptors in that client's
; table, code and data as this program describes them here; they last as long as the client.
;
;   at entry     AX = 0 a client has entered, 1 it ends; BX = its handle, the same both times; DS = our data;
;                SS:(E)SP on the client's locked stack
;   the end      RETF of the client's width; CF=1 when a client has ended: we are not needed any more
;
; Watch it together with a client: dpmiscope provider.com --then user16.com. The pane Providers shows what is installed
; and whom it was told of; the door on the way is called resident_provider.

%include "sample.inc"

CLIENTS equ     8                       ; clients at a time

        struc   provider                ; the structure of INT 31h AX=0C00h: 40 bytes
.data16:        resb    8
.code16:        resb    8               ; all zero: no 16-bit clients, please
.offset16:      resw    1
                resw    1
.data32:        resb    8
.code32:        resb    8
.offset32:      resd    1
        endstruc

        struc   account                 ; what is kept for each client
.selector:      resd    1               ; our data in its table
.handle:        resd    1
.calls:         resd    1
.sum:           resd    1
        endstruc

        enter_protected_mode 16

        ; --- Describe ourselves with our own descriptors. For 32-bit clients the same memory as 32-bit segments.
        mov     bx, ds
        mov     di, structure + provider.data16
        mov     ax, 000Bh               ; copy the descriptor of BX to ES:DI
        int     31h
        mov     di, structure + provider.data32
        int     31h
        mov     bx, cs
        mov     di, structure + provider.code16
        int     31h
        mov     di, structure + provider.code32
        int     31h
        or      byte [structure + provider.data32 + 6], 40h     ; the B bit
        or      byte [structure + provider.code32 + 6], 40h     ; the D bit
        mov     word [structure + provider.offset16], procedure16
        mov     dword [structure + provider.offset32], procedure32

        mov     di, structure
        mov     ax, 0C00h
        int     31h
        must    "install a resident service provider"
        say     "Provider: installed for 16-bit and 32-bit clients, staying resident."

        ; --- End and stay. Our table and our vectors go, our memory up to stack_top stays. DOS memory is always locked.
        mov     bl, 0                   ; return code
        mov     dx, stack_top + 15
        shr     dx, 4                   ; paragraphs of DOS memory to keep
        mov     ax, 0C01h
        int     31h

; ---------------------------------------------------------------------------------------------------------------------
; What the host calls. Everything asked of INT 31h here is asked for the client that comes or goes.

procedure16:
        test    ax, ax
        jnz     leaves16
        add     word [current], account_size
        mov     si, [current]
        mov     [si + account.selector], ds
        movzx   eax, bx
        mov     [si + account.handle], eax
        mov     dword [si + account.calls], 0
        mov     dword [si + account.sum], 0
        mov     bl, 60h
        mov     cx, cs
        mov     dx, service16
        mov     ax, 0205h               ; hook the client's INT 60h
        int     31h
        say     "Provider: 16-bit client ", dword [si + account.handle], " has entered."
        retf
leaves16:
        mov     si, [current]
        say     "Provider: client ", dword [si + account.handle], " ends, calls: ", dword [si + account.calls], "."
        sub     word [current], account_size
        clc                             ; stay: more clients may come
        retf

        bits    32
procedure32:
        test    ax, ax
        jnz     leaves32
        add     dword [current], account_size
        mov     esi, [current]
        mov     [esi + account.selector], ds
        movzx   eax, bx
        mov     [esi + account.handle], eax
        mov     dword [esi + account.calls], 0
        mov     dword [esi + account.sum], 0
        mov     bl, 60h
        mov     cx, cs
        mov     edx, service32
        mov     ax, 0205h
        int     31h
        say     "Provider: 32-bit client ", dword [esi + account.handle], " has entered."
        retf
leaves32:
        mov     esi, [current]
        say     "Provider: client ", dword [esi + account.handle], " ends, calls: ", dword [esi + account.calls], "."
        sub     dword [current], account_size
        clc
        retf

; ---------------------------------------------------------------------------------------------------------------------
; INT 60h: adds (E)BX to the client's sum and returns the sum in (E)AX. It runs in the client, as part of it: on its
; stack, with its table, in our code segment. Clients come and go like a stack, so the last one is the one that runs.

        bits    16
service16:
        push    ds
        push    si
        mov     si, [cs:current]
        mov     ds, [cs:si + account.selector]
        inc     dword [si + account.calls]
        movzx   eax, bx
        add     eax, [si + account.sum]
        mov     [si + account.sum], eax
        pop     si
        pop     ds
        iret

        bits    32
service32:
        push    ds
        push    esi
        mov     esi, [cs:current]
        mov     ds, [cs:esi + account.selector]
        inc     dword [esi + account.calls]
        mov     eax, [esi + account.sum]
        add     eax, ebx
        mov     [esi + account.sum], eax
        pop     esi
        pop     ds
        iretd

        section .data
        align   4
current         dd accounts - account_size      ; of the client that runs
        section .bss
        alignb  4
accounts        resb CLIENTS * account_size
structure       resb provider_size
