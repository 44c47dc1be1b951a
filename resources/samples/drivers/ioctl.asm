; ioctl: a driver for Win32 programs. Each DeviceIoControl is a message W32_DeviceIoControl.
;
; Codes: 1 the version, a dword; 2 the text in the input buffer, its letters turned round; 3 the address of a
; protected-mode callback, which a Win32 program cannot call (see wcall32).

%include "vxd.inc"
        driver  "IOCTL   ", 7F14h, control, 0, 0

control:
        cmp     eax, Device_Init
        je      init
        cmp     eax, W32_DeviceIoControl
        je      ioctl
        clc
        ret

init:   mov     esi, called
        xor     edx, edx
        VMMCall Allocate_PM_Call_Back
        jc      .none
        mov     [callback], eax
.none:  ret

ioctl:  mov     eax, [esi + dwIoControlCode]
        cmp     eax, DIOC_Open
        je      done
        cmp     eax, DIOC_CloseHandle
        je      done
        mov     edi, [esi + lpvOutBuffer]
        cmp     eax, 1
        je      version
        cmp     eax, 2
        je      turn
        cmp     eax, 3
        je      give
        mov     eax, 1                  ; ERROR_INVALID_FUNCTION
        ret

version:
        mov     eax, 0100h
        jmp     dword_out
give:   mov     eax, [callback]
dword_out:
        cmp     dword [esi + cbOutBuffer], 4
        jb      too_small
        mov     [edi], eax
        mov     ecx, 4
        jmp     returned

turn:   mov     ecx, [esi + cbInBuffer]
        cmp     [esi + cbOutBuffer], ecx
        jb      too_small
        mov     edx, [esi + lpvInBuffer]
        add     edi, ecx
        push    ecx
.next:  sub     ecx, 1
        jb      .end
        mov     al, [edx]
        inc     edx
        dec     edi
        mov     [edi], al
        jmp     .next
.end:   pop     ecx
returned:
        mov     edx, [esi + lpcbBytesReturned]
        test    edx, edx
        jz      done
        mov     [edx], ecx
done:   xor     eax, eax
        ret
too_small:
        mov     eax, 122                ; ERROR_INSUFFICIENT_BUFFER
        ret

called: mov     dword [ebp + Client_EAX], 1
        ret

        section .data
callback dd     0
