; trap: a device that is not there, and events.
;
; The driver traps I/O port 300h. What a program writes there is added up, and what it reads is the sum. At the first
; write the driver asks to be called at event time, before the program goes on, and once more when 2 ms are over; both
; add to the sum.

%include "vxd.inc"
        driver  "TRAP    ", 7F14h, control, 0, 0

PORT    equ     300h
OUTPUT  equ     4                       ; in the type of an access

control:
        cmp     eax, Device_Init
        jne     .fine
        mov     edx, PORT
        mov     esi, port
        VMMCall Install_IO_Handler
        ret
.fine:  clc
        ret

port:   test    ecx, OUTPUT
        jz      .read
        movzx   eax, al
        add     [sum], eax
        bts     dword [asked], 0
        jc      .done
        mov     edx, 1000               ; reference data
        mov     esi, later
        VMMCall Schedule_Global_Event
        mov     eax, 2
        mov     edx, 2000
        mov     esi, later
        VMMCall Set_Global_Time_Out
.done:  ret
.read:  mov     eax, [sum]
        ret

later:  add     [sum], edx
        ret

        section .data
sum     dd      0
asked   dd      0
