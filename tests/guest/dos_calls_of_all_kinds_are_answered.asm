; What C run-times ask DOS in protected mode beside files: country, names, network, handles, IOCTL, disks, debuggers.
; Rule: reference 6.6; clients.md, INT 21h issued in protected mode and through INT 31h AX=0300h.
%include "guest.inc"
        call    enter_protected_mode
        push    ds
        pop     es
        mov     eax, buffer             ; a segment that ends where what DOS writes ends
        mov     ecx, 33
        call    new_segment
        push    ds
        mov     ds, bx
        xor     xdx, xdx
        int21   3800h
        pop     ds
        check   nc, "3800h: country information"
        cmp     byte [buffer + 9], '.'
        check   e, "the decimal point"
        mov     xdx, 0FFFFh
        mov     bx, 1
        int21   38FFh
        check   nc, "38FFh, DX=FFFFh: set the country, no buffer"
        mov     xdi, buffer
        mov     cx, 41
        mov     dx, 0FFFFh
        mov     bx, 0FFFFh
        int21   6501h
        check   nc, "6501h: the same and more"
        cmp     byte [buffer], 1
        check   e, "it tells what it is"
        mov     xdi, buffer
        mov     byte [buffer + 5], 77h
        mov     cx, 41
        int21   6506h
        check   nc, "6506h: collating table"
        cmp     cx, 5
        check   e, "its address"
        cmp     byte [buffer + 5], 77h
        check   e, "and no byte more"
        mov     dl, 'x'
        int21   6520h
        cmp     dl, 'X'
        check   e, "6520h: a capital letter"
        mov     xdx, text
        mov     cx, 3
        int21   6521h
        check   nc, "6521h: capital letters"
        cmp     dword [text], "ABCd"
        check   e, "as many as asked for"
        mov     xdx, text
        int21   6522h
        cmp     dword [text], "ABCD"
        check   e, "6522h: of a whole string"
        mov     xsi, command
        mov     xdi, buffer
        stc
        int21   2901h
        cmp     al, 1
        check   e, "2901h: a name with wildcards"
        cmp     xsi, command + 10
        check   e, "(E)SI is behind it"
        cmp     dword [buffer], 3 + ("REA" << 8)
        check   e, "drive and name in the control block"
        cmp     dword [buffer + 8], ' ' + ("???" << 8)
        check   e, "the extension widened"
        mov     xdx, buffer
        int21   5E00h
        check   nc, "5E00h: a name in the network"
        test    cx, cx
        check   z, "there is none"
        cmp     byte [buffer + 15], 0
        check   e, "blanks and a zero"
        int21   5F02h
        check   c, "5F02h: no network"
        mov     bx, 0
        mov     xdx, buffer
        int21   6900h
        check   nc, "6900h: the serial number"
        cmp     dword [buffer + 11h], "FAT1"
        check   e, "and the file system"
        mov     xdx, root
        mov     xdi, buffer
        mov     cx, 2Ch
        int21   7303h
        check   nc, "7303h: free space"
        cmp     dword [buffer + 8], 512
        check   e, "bytes of a sector"
        mov     ebx, 0F0F00000h
        mov     ah, 52h
        int     21h
        shr     ebx, 16
%if WIDTH == 32
        cmp     ebx, 0
        check   e, "52h: the whole offset is answered"
%else
        cmp     ebx, 0F0F0h
        check   e, "52h: no high half is touched"
%endif
        push    ds
        pop     es
        mov     bl, 3
        int21   4409h
        check   nc, "4409h: drive C:"
        test    dh, 10h
        check   z, "is a local one"
        mov     bl, 3
        int21   4411h
        check   c, "4411h: no generic IOCTL"
        cmp     ax, 1
        check   e, "invalid function"
        mov     bx, 40
        mov     ah, 67h
        int     21h
        check   nc, "67h: more handles"
        mov     bx, 1
        mov     ah, 68h
        int     21h
        check   nc, "68h: commit"
        int21   6601h
        check   nc, "6601h: code page"
        cmp     bx, 437
        check   e, "437"
        int21   3700h
        cmp     dl, '/'
        check   e, "3700h: the switch character"
        int21   0FF42h
        cmp     al, 0
        check   e, "FFh: an unknown function"
        mov     [old_stack], xsp
        mov     al, 2
        xor     xbx, xbx
        int     25h
        check   c, "INT 25h: there are no sectors"
        cmp     ax, 8002h
        check   e, "no response"
        popfx
        cmp     [old_stack], xsp
        check   e, "the flags were left on the stack"
        mov     ax, 4Fh
        int     41h
        cmp     ax, 4Fh
        check   e, "INT 41h: no debugger"
        mov     ax, 1684h
        mov     bx, 1
        int     2Fh
        mov     ax, es
        or      ax, di
        check   z, "1684h: no such device"
        push    ds
        pop     es
        mov     ax, 160Ah
        int     2Fh
        test    ax, ax
        check   nz, "160Ah: no Windows"
        mov     ax, 0DE01h
        int     10h
        mov     ah, 2Ch
        int     21h
        cmp     ch, 12
        check   e, "2Ch: noon"
        mov     ah, 2Ah
        int     21h
        cmp     cx, 1994
        check   e, "2Ah: the year"
        pass
        section .data
text    db      "abcdx", 0
command db      "  ", "C:READ", ".", "*", 13
root    db      "C:\", 0
        section .bss
        alignb  4
old_stack resd  1
buffer  resb    64
