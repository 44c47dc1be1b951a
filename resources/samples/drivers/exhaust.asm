; exhaust: a driver that allocates a callback at every call, until the pool of 200 is empty.
;
; Nothing ever frees a callback. A driver should allocate one at Device_Init and keep its address.
; CF=1: there was none; AX then counts those of this driver.

%include "vxd.inc"
        driver  "EXHAUST ", 7F12h, control, api, api

control:
        clc
        ret

api:    mov     esi, callback
        mov     edx, [count]
        test    dword [ebx + CB_VM_Status], VMStat_PM_Exec
        jnz     .protected
        VMMCall Allocate_V86_Call_Back
        jmp     .test
.protected:
        VMMCall Allocate_PM_Call_Back
.test:  jc      .empty
        inc     dword [count]
        and     byte [ebp + Client_EFlags], ~CF
        ret
.empty: mov     eax, [count]
        mov     [ebp + Client_AX], ax
        or      byte [ebp + Client_EFlags], CF
        ret

callback:                               ; nobody calls these
        ret

        section .data
count   dd      0
