; entry: a driver with an API for V86 code and one for protected-mode code.
;
; A program asks INT 2Fh AX=1684h, BX=7F10h for the address and far-calls it. The manager has done the far return when
; `api` runs: it only looks at the client registers and changes them. AH=0: the version in AX. AH=1: the length of the
; text at DS:(E)SI, which ends with a zero byte, in CX. Otherwise CF=1.

%include "vxd.inc"
        driver  "ENTRY   ", 7F10h, control, api, api

control:
        clc                             ; every message is welcome
        ret

api:
        and     byte [ebp + Client_EFlags], ~CF
        cmp     byte [ebp + Client_AH], 1
        je      length
        ja      unknown
        mov     word [ebp + Client_AX], 0100h
        ret

length: mov     ax, Client_DS << 8 | Client_ESI
        VMMCall Map_Flat                ; the program's pointer as a linear address, in either mode
        cmp     eax, -1
        je      unknown
        xor     ecx, ecx
.next:  cmp     byte [eax + ecx], 0
        je      .end
        inc     ecx
        jmp     .next
.end:   mov     [ebp + Client_CX], cx
        ret

unknown:
        or      byte [ebp + Client_EFlags], CF
        ret
